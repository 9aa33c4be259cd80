import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInferenceError } from '../oip/errors.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';
import { HttpError } from './errors.ts';

/** Bytes that the reader reserves for a body when its first piece arrives, unless the body is shorter or that piece longer. */
const FIRST_BYTES = 64 * 1024;
/** A full buffer is copied into one of this many times its length, so that even a long body is copied only a few times. */
const GROWTH = 16;

/**
 * Reads a body into one buffer that grows as bytes arrive. `base.ts` limits the body's length, and `body-memory.ts` the memory of
 * all bodies. A list of the pieces would take hundreds of times the memory for a client that sends byte by byte.
 * @param length announced length in bytes; no more bytes arrive
 * @param begin gets a function that ends the reading with an error. Returns a function that gets the byte count of each piece,
 * and that may throw to end the reading
 */
export function readBody(
  stream: Readable,
  length: number,
  begin: (fail: (error: unknown) => void) => (bytes: number) => void,
): Promise<Buffer<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    let buffer: Buffer<ArrayBuffer> | undefined;
    let used = 0;
    const fail = (error: unknown) => {
      stream.removeAllListeners('data');
      // The stream may last until the server cuts the client off, and the stream's other listeners would keep the buffer in
      // memory until then.
      buffer = undefined;
      reject(error);
    };
    const onBytes = begin(fail);
    stream.on('data', (piece: Buffer<ArrayBuffer>) => {
      try {
        onBytes(piece.length);
      } catch (error) {
        return fail(error);
      }
      if (used === 0 && piece.length === length) buffer = piece;
      else {
        buffer = withRoom(buffer, used, piece.length, length);
        piece.copy(buffer, used);
      }
      used += piece.length;
    });
    stream.on('end', () => resolve((buffer ?? Buffer.alloc(0)).subarray(0, used)));
    stream.on('error', (cause) =>
      fail(
        new HttpError(400, 'The body is shorter than its content-length. Send the request again.', { cause }),
      ),
    );
  });
}

/**
 * Returns the buffer if it has room for `more` bytes, and otherwise a larger buffer, at most `length` long, with its first `used`
 * bytes.
 */
function withRoom(
  buffer: Buffer<ArrayBuffer> | undefined,
  used: number,
  more: number,
  length: number,
): Buffer<ArrayBuffer> {
  if (buffer && used + more <= buffer.length) return buffer;
  const size = buffer ? GROWTH * buffer.length : FIRST_BYTES;
  const larger = Buffer.allocUnsafeSlow(Math.min(length, Math.max(size, used + more)));
  buffer?.copy(larger, 0, 0, used);
  return larger;
}

export const bytesIn = ({ body }: FastifyRequest): Buffer<ArrayBuffer> =>
  (body ?? Buffer.alloc(0)) as Buffer<ArrayBuffer>;

export const textIn = (request: FastifyRequest): string => new TextDecoder().decode(bytesIn(request));

/** The body of an Open Inference Protocol request, with the length of its JSON part. @throws InvalidInferenceError */
export function bodyOf(request: FastifyRequest): Body {
  return { bytes: bytesIn(request), jsonLength: jsonLengthOf(request) };
}

/** The length of the JSON before a body's tensors; undefined if the whole body is JSON. @throws InvalidInferenceError */
export function jsonLengthOf({ headers }: FastifyRequest): number | undefined {
  const length = headers[JSON_LENGTH_HEADER];
  if (length === undefined) return undefined;
  if (typeof length !== 'string' || !/^\d{1,9}$/.test(length))
    throw new InvalidInferenceError(`The header ${JSON_LENGTH_HEADER} should be a number of bytes.`);
  return Number(length);
}

/** Sends an Open Inference Protocol message as the response. */
export function send(reply: FastifyReply, { bytes, jsonLength }: Body): FastifyReply {
  if (jsonLength === undefined) reply.type('application/json');
  else reply.type('application/octet-stream').header(JSON_LENGTH_HEADER, jsonLength);
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}
