import {
  InvalidDocumentError,
  parseJson,
  UnsupportedDocumentError,
} from '../../../solver/documents/document.ts';
import { PLAN, type Plan, planSchema } from '../../../solver/documents/plan.ts';
import { asBinary } from '../encode-request.ts';
import { InvalidInferenceError } from '../errors.ts';
import type { Body } from '../infer.ts';

/** The decoded body, or why it is invalid. The reason is a text, because an error loses its class between processes. */
export type Decoded<T> = { readonly ok: T } | { readonly invalid: string };

/** The functions of a decoding process that the server calls. */
export class DecoderService {
  /** The message with its tensors as bytes. */
  async asBinary(body: Body): Promise<Decoded<Body>> {
    return decoded(() => asBinary(body));
  }

  /** @param source names the plan in errors */
  async plan(bytes: Uint8Array, source: string): Promise<Decoded<Plan>> {
    return decoded(() => parseJson(planSchema, new TextDecoder().decode(bytes), source, PLAN));
  }
}

function decoded<T>(decode: () => T): Decoded<T> {
  try {
    return { ok: decode() };
  } catch (error) {
    if (INVALID.some((type) => error instanceof type)) return { invalid: (error as Error).message };
    throw error;
  }
}

const INVALID = [InvalidInferenceError, InvalidDocumentError, UnsupportedDocumentError];
