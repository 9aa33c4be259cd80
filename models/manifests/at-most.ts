import { batchOf } from '../items/item-batch.ts';

/** Reads a limited number of bytes, because a device or a server may send without end. */

/**
 * Joins chunks as they arrive. Stops reading as soon as the chunks have more than `mostBytes`.
 * @param tooMany makes the error that is thrown if there are more bytes
 */
export async function joinAtMost(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
  tooMany = () => new Error(`it has more than the ${mostBytes} bytes that are expected`),
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooMany();
    parts.push(chunk);
  }
  return batchOf(parts).bytes;
}

/**
 * Yields a web stream's chunks, and cancels the stream if the reader stops early. A `for await` over the stream itself would not
 * work in every browser.
 */
export async function* chunksOf<T extends Uint8Array>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // After a failed read, cancel() rejects with the error that the read has already thrown.
    await reader.cancel().catch(() => {});
  }
}
