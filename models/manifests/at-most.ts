/** Reading at most so many bytes: a device or a server may send without end. */

/**
 * Joins chunks as they arrive. Asks for no further ones as soon as they have more than `mostBytes`.
 * @param tooMany makes the error that is thrown then
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
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The chunks of a web stream, which is cancelled where its reader stops early. Not every browser lets a stream be iterated itself. */
export async function* chunksOf<T extends Uint8Array>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // After a failed read, cancel() rejects with the error that is already thrown above.
    await reader.cancel().catch(() => {});
  }
}
