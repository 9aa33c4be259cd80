import { sha256Hex } from '../../models/manifests/load.ts';
import type { Device } from '../../solver/documents/common.ts';
import { type Manifest, modelsOf } from '../../solver/documents/manifest.ts';
import type { ProfileSettings } from './types.ts';

/**
 * Names the journal of a profile: equal where measurements may be joined, so the same models on the same device
 * with the same settings. The budget is left out: a resumed profile may be given more time.
 */
export async function journalName(
  manifest: Manifest,
  device: Device,
  settings: ProfileSettings,
): Promise<string> {
  const { budgetS: _, ...same } = settings;
  const { timerGrainMs: __, ...machine } = device;
  const models = modelsOf(manifest);
  const text = JSON.stringify([manifest.name, manifest.pack.sha256, models, machine, same]);
  return `${manifest.name}-${(await sha256Hex(new TextEncoder().encode(text))).slice(0, 16)}`;
}
