import { InvalidInferenceError } from './errors.ts';
import {
  type Body,
  decodeRequest,
  decodeResponse,
  encodeBody,
  encodeResponse,
  type InferRequest,
} from './infer.ts';

/** Encodes a request. @param binary whether tensors follow the JSON as bytes @throws InvalidTensorError */
export function encodeRequest({ id, inputs, outputs, binaryOutput }: InferRequest, binary: boolean): Body {
  return encodeBody(
    (inputs) => ({
      ...(id !== undefined && { id }),
      ...(binaryOutput !== undefined && { parameters: { binary_data_output: binaryOutput } }),
      inputs,
      ...(outputs && {
        outputs: outputs.map(({ name, binary }) => ({
          name,
          ...(binary !== undefined && { parameters: { binary_data: binary } }),
        })),
      }),
    }),
    inputs,
    () => binary,
  );
}

/**
 * The same request with its tensors as bytes, which are decoded without parsing; or the same response, which a KServe graph sends as
 * a request.
 * @throws InvalidInferenceError, InvalidTensorError
 */
export function asBinary(body: Body): Body {
  try {
    return encodeRequest(decodeRequest(body), true);
  } catch (error) {
    if (!(error instanceof InvalidInferenceError)) throw error;
    try {
      return encodeResponse(decodeResponse(body), { binaryOutput: true });
    } catch {
      throw error;
    }
  }
}
