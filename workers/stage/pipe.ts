import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from 'comlink';
import { addExtension, Packr, RESERVE_START_SPACE } from 'msgpackr';

/** Where a child process has its end of the pipe to its parent. */
const PARENT_FD = 3;
/** Before each message: the length of its MessagePack, and of the bytes that follow that; uint32, little-endian. */
const HEADER_BYTES = 8;
/** Among MessagePack's extensions: so many of the bytes that follow. */
const BYTES_EXTENSION = 1;

/** Arrays of bytes of the message that is being packed. */
let packing: Uint8Array[] = [];
const NOTHING: Buffer = Buffer.alloc(0);
/** What follows the message that is being unpacked and has not been read. */
let unpacking = NOTHING;

// Arrays of bytes follow the message from where they lie: packed, they would be copied into fresh memory, which costs a
// server that is busy more in garbage collection than in copying.
addExtension({
  Class: Uint8Array,
  type: BYTES_EXTENSION,
  write(array: Uint8Array): number {
    packing.push(array);
    return array.length;
  },
  read(length: number): Uint8Array {
    const { buffer, byteOffset } = unpacking;
    unpacking = unpacking.subarray(length);
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
  },
});

/**
 * Comlink over a pipe between processes: messages are MessagePack, which copies (there is no transfer), so that an array of
 * bytes must stay as it is until its message is written. Node's own channel takes a third more time, and makes objects for
 * each message that only a full garbage collection frees.
 */
export function pipeEndpoint(pipe: Duplex): Endpoint {
  const packr = new Packr({ structuredClone: true, useRecords: false });
  const listeners = new Set<EventListenerOrEventListenerObject>();
  const reader = new FrameReader((packed, bytes) => {
    unpacking = bytes;
    const event = { data: packr.unpack(packed) } as MessageEvent;
    unpacking = NOTHING;
    for (const listener of listeners)
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
  });
  pipe.on('data', (chunk: Buffer) => reader.take(chunk));
  return {
    postMessage(message) {
      const arrays: Uint8Array[] = [];
      packing = arrays;
      const packed = packr.pack(message, RESERVE_START_SPACE + HEADER_BYTES);
      packing = [];
      packed.writeUInt32LE(packed.length - HEADER_BYTES);
      packed.writeUInt32LE(
        arrays.reduce((sum, { length }) => sum + length, 0),
        4,
      );
      pipe.cork();
      pipe.write(packed);
      for (const array of arrays) pipe.write(array);
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

  constructor(private readonly onFrame: (packed: Buffer, bytes: Buffer) => void) {}

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let end = this.#end(); this.#bytes >= end; end = this.#end()) {
      const bytes = this.#join();
      this.#chunks = end < bytes.length ? [bytes.subarray(end)] : [];
      this.#bytes -= end;
      const packedEnd = HEADER_BYTES + bytes.readUInt32LE();
      this.onFrame(bytes.subarray(HEADER_BYTES, packedEnd), bytes.subarray(packedEnd, end));
    }
  }

  /** Where the first message ends; infinite where that is not known yet. */
  #end(): number {
    if (this.#bytes < HEADER_BYTES) return Number.POSITIVE_INFINITY;
    const first = this.#chunks[0]!.length < HEADER_BYTES ? this.#join() : this.#chunks[0]!;
    return HEADER_BYTES + first.readUInt32LE() + first.readUInt32LE(4);
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
