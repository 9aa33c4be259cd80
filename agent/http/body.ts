import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInferenceError } from '../oip/errors.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';

/** The bytes of a request's body. */
export const bytesIn = ({ body }: FastifyRequest): Buffer<ArrayBuffer> =>
  (body ?? Buffer.alloc(0)) as Buffer<ArrayBuffer>;

/** The text of a request's body. */
export const textIn = (request: FastifyRequest): string => new TextDecoder().decode(bytesIn(request));

/** The body of a request of the Open Inference Protocol, and how much of it is JSON. @throws InvalidInferenceError */
export function bodyOf(request: FastifyRequest): Body {
  const bytes = bytesIn(request);
  const length = request.headers[JSON_LENGTH_HEADER];
  if (length === undefined) return { bytes, jsonLength: undefined };
  if (typeof length !== 'string' || !/^\d{1,9}$/.test(length))
    throw new InvalidInferenceError(`The header ${JSON_LENGTH_HEADER} should be a number of bytes.`);
  return { bytes, jsonLength: Number(length) };
}

/** Sends a message as the answer. */
export function send(reply: FastifyReply, { bytes, jsonLength }: Body): FastifyReply {
  if (jsonLength === undefined) reply.type('application/json');
  else reply.type('application/octet-stream').header(JSON_LENGTH_HEADER, jsonLength);
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}
