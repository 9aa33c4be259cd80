import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf, joinAtMost } from '../../models/manifests/at-most.ts';

/** A stream of chunks. `read` is the number of chunks that its reader has asked for. */
function streamOf(chunks: readonly Uint8Array[], failsAtEnd = false) {
  const seen = { read: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.read++];
        if (chunk) controller.enqueue(chunk);
        else if (failsAtEnd) controller.error(new Error('cut'));
        else controller.close();
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

const anyChunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 });

test('chunks of any sizes are joined, or refused as soon as they have too many bytes', async () => {
  await fc.assert(
    fc.asyncProperty(anyChunks, fc.nat({ max: 150 }), async (chunks, mostBytes) => {
      const whole = Buffer.concat(chunks);
      const { stream, seen } = streamOf(chunks);
      const joined = joinAtMost(chunksOf(stream), mostBytes);
      if (whole.length <= mostBytes) {
        expect(Buffer.from(await joined)).toEqual(whole);
        return;
      }
      await expect(joined).rejects.toThrow(`more than the ${mostBytes} bytes`);
      const before = chunks.slice(0, seen.read - 1).reduce((sum, { length }) => sum + length, 0);
      expect(before).toBeLessThanOrEqual(mostBytes);
      expect(seen.cancelled).toBe(true);
    }),
  );
});

test('a stream that fails rejects with its own error', async () => {
  const { stream } = streamOf([new Uint8Array(3)], true);
  await expect(joinAtMost(chunksOf(stream), 10)).rejects.toThrow('cut');
});
