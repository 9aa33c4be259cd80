import { existsSync } from 'node:fs';
import type { Description, HubReader } from '../../models/hub/describe.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { canonicalJson } from '../../solver/documents/canonical.ts';
import { type Manifest, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { checkWritable, readJson, writeWhole } from '../../workers/command/files.ts';
import { megabytes, table } from '../../workers/command/terminal.ts';
import { FileCache } from '../../workers/hub/cache.ts';
import { announcedWait, HubClient } from '../../workers/hub/client.ts';

/**
 * Makes a manifest from models of a hub or of this machine.
 * @param keep keeps the files that were read from the hub, so that they are not downloaded later
 */
type Pin = (
  hub: HubReader,
  existing: Manifest | null,
  keep: (description: Description) => Promise<void>,
) => Promise<Manifest>;

/**
 * Writes the manifest that `pin` makes to `out`, and gives `pin` the manifest that is already there, if any.
 * @returns a text with a table of the variants
 */
export async function pinInto(out: string, signal: AbortSignal, pin: Pin): Promise<string> {
  const present = async () => (existsSync(out) ? readJson(out, parseManifest) : null);
  await checkWritable(out);
  const cache = new FileCache();
  const hub = new HubClient({ signal, wait: announcedWait(signal, console.error) });
  const keep = async ({ read }: Description) => {
    for (const [sha256, bytes] of read) await cache.keep(sha256, bytes);
  };
  let existing: Manifest | null;
  let manifest: Manifest;
  do {
    existing = await present();
    manifest = await pin(hub, existing, keep);
    // If another command wrote the manifest while models were read from the hub, they are added to what it wrote.
  } while (canonicalJson(await present()) !== canonicalJson(existing));
  await writeWhole(out, `${JSON.stringify(manifest, null, 2)}\n`);
  return `${variantTable(manifest)}\n\nwrote ${out}`;
}

const variantTable = ({ stages }: Manifest): string =>
  table(
    ['stage', 'task', 'variant', 'MB', 'revision', 'licence'],
    stages.flatMap((stage) =>
      stage.variants.map((variant) => [
        stage.name,
        stage.task,
        variant.name,
        megabytes(sizeBytesOf(variant)),
        variant.source?.revision.slice(0, 12) ?? 'of your own',
        variant.source ? (variant.source.licence ?? 'not stated') : '',
      ]),
    ),
  );
