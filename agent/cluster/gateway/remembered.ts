import { z } from 'zod';
import { parseJson } from '../../../solver/documents/document.ts';
import { readAtMost, writeWhole } from '../../../workers/command/files.ts';
import type { Endpoint } from '../engine.ts';

/** Keeps the engine's last known replicas for a gateway that starts while the engine does not answer. */
export interface RememberedReplicas {
  /** Returns no replicas if none were stored. @throws InvalidDocumentError, and the error of a file that cannot be read */
  read(): Promise<readonly Endpoint[]>;
  write(endpoints: readonly Endpoint[]): Promise<void>;
}

const schema = z
  .array(
    z.strictObject({
      url: z.url({ protocol: /^http$/ }),
      stage: z.string().min(1),
      state: z.enum(['ready', 'leaving', 'unready']),
    }),
  )
  .max(100_000);
const REMEMBERED_BYTES_MAX = 2 ** 25;

/** Remembers replicas in a file. Of the lists that come while the file is being written, only the last is written afterwards. */
export function replicasIn(path: string): RememberedReplicas {
  let next: readonly Endpoint[] | undefined;
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    while (next !== undefined) {
      const endpoints = next;
      next = undefined;
      await writeWhole(
        path,
        JSON.stringify(endpoints.map(({ url, stage, state }) => ({ url, stage, state }))),
      );
    }
  };
  return {
    async read() {
      const bytes = await readAtMost(path, REMEMBERED_BYTES_MAX).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return bytes === null ? [] : parseJson(schema, new TextDecoder().decode(bytes), path);
    },
    write(endpoints) {
      next = endpoints;
      writing ??= writeAll().finally(() => {
        writing = undefined;
      });
      return writing;
    },
  };
}
