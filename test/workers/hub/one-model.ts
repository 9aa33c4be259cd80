import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FileCache } from '../../../workers/hub/cache.ts';
import { HubClient } from '../../../workers/hub/client.ts';
import type { KnownFile } from '../../../workers/hub/resume.ts';
import { COMMIT, LocalHub } from '../../hub.ts';
import { folderOfTest } from '../../temporary-folder.ts';

export const MODEL = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
export const SHA256 = createHash('sha256').update(MODEL).digest('hex');

/** A hub that has one model, and a cache that does not have it yet. */
export interface OneModel {
  readonly hub: LocalHub;
  readonly folder: string;
  readonly cache: FileCache;
  readonly file: KnownFile;
  /** The waits, in seconds, that the clients asked for; the tests skip them. */
  readonly waits: number[];
  clientOf(signal?: AbortSignal): HubClient;
  fetched(client?: HubClient): Promise<string>;
}

/** Starts the hub of a test, which must close it. */
export async function publishModel(): Promise<OneModel> {
  const hub = await LocalHub.start();
  hub.publish('a/b', { 'onnx/model.onnx': MODEL });
  const folder = folderOfTest();
  const cache = new FileCache(join(folder, 'files'));
  const file = {
    url: `${hub.url}/a/b/resolve/${COMMIT}/onnx/model.onnx`,
    sha256: SHA256,
    mostBytes: MODEL.length,
  };
  const waits: number[] = [];
  const clientOf = (signal?: AbortSignal) =>
    new HubClient({ env: hub.env(folder), signal, wait: async (seconds) => void waits.push(seconds) });
  const fetched = (client = clientOf()) => cache.fetch(file, client);
  return { hub, folder, cache, file, waits, clientOf, fetched };
}
