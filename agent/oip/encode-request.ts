import { type Body, decodeMessage, encodeBody, encodeResponse, type InferRequest } from './infer.ts';

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
 * Returns the same message with its tensors as bytes, which the reader decodes without parsing.
 * @throws InvalidInferenceError, InvalidTensorError
 */
export function asBinary(body: Body): Body {
  const message = decodeMessage(body);
  return 'response' in message
    ? encodeResponse(message.response, { binaryOutput: true })
    : encodeRequest(message.request, true);
}
