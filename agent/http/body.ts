import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInferenceError } from '../oip/errors.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';

/** A request's body as bytes. */
export const bytesIn = ({ body }: FastifyRequest): Buffer<ArrayBuffer> =>
  (body ?? Buffer.alloc(0)) as Buffer<ArrayBuffer>;

/** A request's body as text. */
export const textIn = (request: FastifyRequest): string => new TextDecoder().decode(bytesIn(request));

/** The body of an Open Inference Protocol request, with the length of its JSON part. @throws InvalidInferenceError */
export function bodyOf(request: FastifyRequest): Body {
  const bytes = bytesIn(request);
  const length = request.headers[JSON_LENGTH_HEADER];
  if (length === undefined) return { bytes, jsonLength: undefined };
  if (typeof length !== 'string' || !/^\d{1,9}$/.test(length))
    throw new InvalidInferenceError(`The header ${JSON_LENGTH_HEADER} should be a number of bytes.`);
  return { bytes, jsonLength: Number(length) };
}

/** Sends an Open Inference Protocol message as the response. */
export function send(reply: FastifyReply, { bytes, jsonLength }: Body): FastifyReply {
  if (jsonLength === undefined) reply.type('application/json');
  else reply.type('application/octet-stream').header(JSON_LENGTH_HEADER, jsonLength);
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}
