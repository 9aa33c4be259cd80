import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from 'comlink';
import { addExtension, Packr, RESERVE_START_SPACE } from 'msgpackr';

/** File descriptor of the pipe to the parent, in a child process. */
const PARENT_FD = 3;
/** Each message begins with two lengths (uint32, little-endian): of its MessagePack, and of the byte arrays after it. */
const HEADER_BYTES = 8;
/**
 * MessagePack extension that stands for a byte array: it holds the array's length; the bytes follow the message. Its number is one
 * that MessagePack keeps from applications, because an extension serves every user of msgpackr in this process.
 */
const BYTES_EXTENSION = 0xb0;

/** Byte arrays of the message that is being packed; undefined while none is. */
let packing: Uint8Array[] | undefined;
const NO_BYTES: Buffer = Buffer.alloc(0);
/** The byte arrays that follow the message that is being unpacked, without those that have been read. */
let unpacking = NO_BYTES;

// Byte arrays are written after the message, straight from their own memory. Packing would copy each into new memory, and on a
// busy server the garbage collection of these copies costs more than the copying.
addExtension({
  // msgpackr asks `value instanceof Class`. Byte arrays that other code in this process packs are not for this pipe.
  Class: {
    [Symbol.hasInstance]: (value: unknown) => packing !== undefined && value instanceof Uint8Array,
  } as never,
  type: BYTES_EXTENSION,
  write(array: Uint8Array): number {
    packing!.push(array);
    return array.length;
  },
  read(length: number): Uint8Array {
    const { buffer, byteOffset, length: left } = unpacking;
    unpacking = unpacking.subarray(length);
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, Math.min(length, left));
  },
});

const packr = new Packr({ structuredClone: true, useRecords: false });

/** Packs a message into parts: its header and MessagePack, then its byte arrays, as views. */
export function packMessage(message: unknown): Uint8Array[] {
  const arrays: Uint8Array[] = [];
  packing = arrays;
  let packed: Buffer;
  try {
    packed = packr.pack(message, RESERVE_START_SPACE + HEADER_BYTES);
  } finally {
    packing = undefined;
  }
  packed.writeUInt32LE(packed.length - HEADER_BYTES);
  packed.writeUInt32LE(
    arrays.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return [packed, ...arrays];
}

/** Unpacks a whole message. Its byte arrays are views. @throws Error if the bytes are not a message */
export function unpackMessage(bytes: Buffer): unknown {
  const packedEnd = HEADER_BYTES + bytes.readUInt32LE();
  unpacking = bytes.subarray(packedEnd);
  try {
    return packr.unpack(bytes.subarray(HEADER_BYTES, packedEnd));
  } finally {
    unpacking = NO_BYTES;
  }
}

/**
 * A Comlink endpoint over a pipe between processes. Messages are MessagePack and are copied, not transferred; a byte array must
 * not change until its message is written. Node's own channel between processes takes a third more time, and its objects for
 * each message are freed only by a full garbage collection.
 */
export function pipeEndpoint(pipe: Duplex): Endpoint {
  const listeners = new Set<EventListenerOrEventListenerObject>();
  const reader = new FrameReader((frame) => {
    const event = { data: unpackMessage(frame) } as MessageEvent;
    for (const listener of listeners)
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
  });
  pipe.on('data', (chunk: Buffer) => reader.take(chunk));
  return {
    postMessage(message) {
      const parts = packMessage(message);
      pipe.cork();
      for (const part of parts) pipe.write(part);
      pipe.uncork();
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  };
}

/**
 * A child process's end of the pipe. The process exits when its parent is gone, because nothing else can reach it. It ignores
 * Ctrl-C, SIGHUP and SIGTERM, which a terminal and systemd send to all processes of a command, because its parent may still need
 * it for the requests that it completes before it ends.
 */
export function parentEndpoint(): Endpoint {
  for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => {});
  const pipe = new Socket({ fd: PARENT_FD });
  pipe.on('error', () => {});
  pipe.on('close', () => process.exit());
  return pipeEndpoint(pipe);
}

/** Assembles messages from the chunks in which they arrive. */
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
      this.onFrame(bytes.subarray(0, end));
    }
  }

  /** Where the first message ends, in bytes; infinity until its header has arrived. */
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
