import { asBinary } from '../encode-request.ts';
import { InvalidInferenceError } from '../errors.ts';
import type { Body } from '../infer.ts';

/** The function of a decoding process that the server calls. */
export class DecoderService {
  /** The request with its tensors as bytes, or why it is invalid: an error's class does not survive the way out of a process. */
  async asBinary(body: Body): Promise<{ readonly ok: Body } | { readonly invalid: string }> {
    try {
      return { ok: asBinary(body) };
    } catch (error) {
      if (!(error instanceof InvalidInferenceError)) throw error;
      return { invalid: error.message };
    }
  }
}
