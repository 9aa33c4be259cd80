import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInferenceError } from '../oip/errors.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';

/** The body of a request, and how much of it is JSON. @throws InvalidInferenceError */
export function bodyOf(request: FastifyRequest): Body {
  const bytes = (request.body ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
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
