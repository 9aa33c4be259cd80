import { expect, test } from 'vitest';
import { sha256Hex } from '../../../models/manifests/load.ts';
import { type Host, type PartialFile, resume } from '../../../workers/hub/resume.ts';

const WHOLE = new Uint8Array(1000).fill(7);

/** A part in memory. */
function partInMemory(): PartialFile {
  let stored = new Uint8Array();
  return {
    get bytes() {
      return stored.length;
    },
    append: async (chunk) => {
      stored = new Uint8Array([...stored, ...chunk]);
    },
    empty: async () => {
      stored = new Uint8Array();
    },
    sha256: () => sha256Hex(stored),
  };
}

class CutError extends Error {}

test('a download from a host that sends each file from its start, and cuts each connection at the same byte, fails', async () => {
  let connections = 0;
  const host: Host = {
    async get() {
      if (++connections > 20) throw new Error('It goes on for ever.');
      async function* chunks() {
        yield WHOLE.slice(0, 600);
        throw new CutError('cut');
      }
      const sizes = { contentRange: null, contentLength: WHOLE.length };
      return { status: 200, ...sizes, chunks: chunks(), cancel: async () => {} };
    },
    isCut: (error) => error instanceof CutError,
    pause: async () => {},
  };
  const file = { url: 'https://host/file', sha256: await sha256Hex(WHOLE), mostBytes: WHOLE.length };
  await expect(resume(host, file, partInMemory(), () => {})).rejects.toThrow(CutError);
});
