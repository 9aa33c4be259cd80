import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from 'comlink';
import { Packr } from 'msgpackr';

/** Where a child process has its end of the pipe to its parent. */
const PARENT_FD = 3;
/** Before each message, its length: uint32, little-endian. */
const LENGTH_BYTES = 4;

/**
 * Comlink over a pipe between processes: messages are MessagePack, which copies (there is no transfer). Node's own channel
 * takes a third more time, and makes objects for each message that only a full garbage collection frees.
 */
export function pipeEndpoint(pipe: Duplex): Endpoint {
  const packr = new Packr({ structuredClone: true, useRecords: false, copyBuffers: true });
  const listeners = new Set<EventListenerOrEventListenerObject>();
  const reader = new FrameReader((frame) => {
    const event = { data: packr.unpack(frame) } as MessageEvent;
    for (const listener of listeners)
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
  });
  pipe.on('data', (chunk: Buffer) => reader.take(chunk));
  return {
    postMessage(message) {
      const payload = packr.pack(message);
      const length = Buffer.allocUnsafe(LENGTH_BYTES);
      length.writeUInt32LE(payload.length);
      pipe.cork();
      pipe.write(length);
      pipe.write(payload);
      pipe.uncork();
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}

/** A child process's end of the pipe; the process ends when its parent is gone, for nobody can reach it any more. */
export function parentEndpoint(): Endpoint {
  const pipe = new Socket({ fd: PARENT_FD });
  pipe.on('error', () => {});
  pipe.on('close', () => process.exit());
  return pipeEndpoint(pipe);
}

/** Puts messages together from chunks as they come. */
class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly onFrame: (frame: Buffer) => void) {}

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let end = this.#end(); this.#bytes >= end; end = this.#end()) {
      const bytes = this.#join();
      this.#chunks = end < bytes.length ? [bytes.subarray(end)] : [];
      this.#bytes -= end;
      this.onFrame(bytes.subarray(LENGTH_BYTES, end));
    }
  }

  /** Where the first message ends; infinite where that is not known yet. */
  #end(): number {
    if (this.#bytes < LENGTH_BYTES) return Number.POSITIVE_INFINITY;
    const first = this.#chunks[0]!.length < LENGTH_BYTES ? this.#join() : this.#chunks[0]!;
    return LENGTH_BYTES + first.readUInt32LE();
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
