import { sha256Hex } from '../../models/manifests/load.ts';
import type { Device } from '../../solver/documents/common.ts';
import { type Manifest, measuredSha256 } from '../../solver/documents/manifest.ts';
import type { ProfileSettings } from './types.ts';

/** The version of the format of journal entries. A change of the format increases it, so that older journals are ignored. */
const VERSION = 2;

/**
 * Name of a profile's journal. Two profiles have the same name when their measurements may be joined: the same models, pack and
 * fields of stages, on the same device, with the same settings. The budget does not count, because a resumed profile may have
 * more time; nor does the timer's step, which is measured anew each time.
 */
export async function journalName(
  manifest: Manifest,
  device: Device,
  settings: ProfileSettings,
): Promise<string> {
  const { budgetS: _, ...same } = settings;
  const { timerGrainMs: __, ...machine } = device;
  const text = JSON.stringify([VERSION, manifest.name, measuredSha256(manifest), machine, same]);
  return `${manifest.name}-${(await sha256Hex(new TextEncoder().encode(text))).slice(0, 16)}`;
}
