import { z } from 'zod';
import { InvalidDocumentError, parseDocument } from '../../solver/documents/document.ts';
import { InvalidInferenceError, InvalidTensorError } from './errors.ts';
import { checkJsonBounds } from './json-bounds.ts';
import { bytesOf, type Tensor, tensorOfBytes, tensorOfJson, valuesOf } from './tensor.ts';

/**
 * Messages of the Open Inference Protocol v2, with its binary tensor data extension. A message is JSON alone, or JSON followed
 * by the bytes of the tensors that have `binary_data_size`; an HTTP header then states the JSON's length.
 */

/** HTTP header for the length of the JSON in bytes, present if tensors follow the JSON as bytes. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** Extensions of the protocol that the server's metadata lists. */
export const EXTENSIONS = ['binary_tensor_data'];

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A field that may be absent, or null: some clients, such as MLServer's, send null for each field that they do not set. */
const optional = <T extends z.ZodType>(field: T) => field.nullish().transform((value) => value ?? undefined);

/** A parameter of an extension that this server lacks. Without an error, a client would take the plain tensor for what it asked. */
const lacking = (extension: string) =>
  optional(z.never(`expected none, because this server has no ${extension} extension`));

const tensor = z.object({
  name: z.string().min(1).max(200),
  shape: z.array(z.int().nonnegative()).min(1).max(8),
  datatype: z.string().max(20),
  parameters: optional(z.object({ binary_data_size: optional(z.int().nonnegative()) })),
  // The values are checked when they are decoded; a schema for each value would take longer than decoding does.
  data: optional(z.custom<readonly unknown[]>(Array.isArray, 'Invalid input: expected array')),
});

const inferRequestSchema = z.object({
  id: optional(z.string().max(200)),
  parameters: optional(z.object({ binary_data_output: optional(z.boolean()) })),
  inputs: z.array(tensor).min(1).max(64),
  outputs: optional(
    z
      .array(
        z.object({
          name: z.string().min(1).max(200),
          parameters: optional(
            z.object({
              binary_data: optional(z.boolean()),
              classification: lacking('classification'),
              shared_memory_region: lacking('shared memory'),
            }),
          ),
        }),
      )
      .max(64),
  ),
});

const inferResponseSchema = z.object({
  model_name: z.string(),
  model_version: optional(z.string()),
  id: optional(z.string()),
  outputs: z.array(tensor),
});

export interface InferRequest {
  readonly id?: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Requested outputs, and whether to send each as bytes; undefined for all outputs. */
  readonly outputs?: readonly { readonly name: string; readonly binary?: boolean | undefined }[] | undefined;
  /** Whether to send outputs as bytes, unless `outputs` says otherwise for one of them. */
  readonly binaryOutput?: boolean | undefined;
}

export interface InferResponse {
  readonly model: string;
  readonly version?: string | undefined;
  readonly id?: string | undefined;
  readonly outputs: readonly Tensor[];
}

/** The body of an HTTP message. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length in bytes of the JSON at the beginning; undefined if the whole body is JSON. */
  readonly jsonLength: number | undefined;
}

/** Decodes a request. @throws InvalidInferenceError, InvalidTensorError */
export const decodeRequest = (body: Body): InferRequest => requestOf(parse(body));

/**
 * Decodes a request, or the response of a stage, which a KServe graph sends to the next stage as its request. A message with the
 * name of a model and without inputs is a response.
 * @throws InvalidInferenceError, InvalidTensorError
 */
export function decodeMessage(body: Body): { request: InferRequest } | { response: InferResponse } {
  const parsed = parse(body);
  const { value } = parsed;
  const answers =
    value !== null && typeof value === 'object' && 'model_name' in value && !('inputs' in value);
  return answers ? { response: responseOf(parsed) } : { request: requestOf(parsed) };
}

function requestOf({ value, rest }: Parsed): InferRequest {
  const json = checked(inferRequestSchema, value, 'the request');
  return {
    id: json.id,
    inputs: readTensors(json.inputs, rest),
    // An empty list asks for all outputs, as in Triton.
    outputs: json.outputs?.length
      ? json.outputs.map(({ name, parameters }) => ({ name, binary: parameters?.binary_data }))
      : undefined,
    binaryOutput: json.parameters?.binary_data_output,
  };
}

function responseOf({ value, rest }: Parsed): InferResponse {
  const json = checked(inferResponseSchema, value, 'the answer');
  return {
    model: json.model_name,
    version: json.model_version,
    id: json.id,
    outputs: readTensors(json.outputs, rest),
  };
}

/**
 * Encodes the requested outputs, each as JSON or as bytes.
 * @throws InvalidTensorError for an output that does not exist or is requested twice
 */
export function encodeResponse(
  response: InferResponse,
  { outputs: wanted, binaryOutput = false }: Pick<InferRequest, 'outputs' | 'binaryOutput'>,
): Body {
  const { model, version, id, outputs: all } = response;
  checkWanted(
    model,
    all.map(({ name }) => name),
    { outputs: wanted },
  );
  const outputs = wanted?.map((one) => all.find(({ name }) => name === one.name)!) ?? all;
  return encodeBody(
    (outputs) => ({
      model_name: model,
      ...(version !== undefined && { model_version: version }),
      ...(id !== undefined && { id }),
      outputs,
    }),
    outputs,
    (i) => wanted?.[i]?.binary ?? binaryOutput,
  );
}

/**
 * Checks the names of the requested outputs before the model runs. A request may name each output once, because the thread that
 * serves would encode every copy, and memory would hold it until the client has read it.
 * @param names names of the model's outputs
 * @throws InvalidTensorError for an output that the model does not have or that is requested twice
 */
export function checkWanted(
  model: string,
  names: readonly string[],
  { outputs = [] }: Pick<InferRequest, 'outputs'>,
): void {
  const other = outputs.find(({ name }) => !names.includes(name));
  if (other)
    throw new InvalidTensorError(
      other.name,
      `model ${model} has no such output; its outputs are ${names.join(', ')}`,
    );
  const twice = outputs.find(({ name }, i) => outputs.findIndex((one) => one.name === name) < i);
  if (twice) throw new InvalidTensorError(twice.name, 'the request names this output twice; name it once');
}

/** A message's JSON, which is not checked yet, and the bytes after it. */
interface Parsed {
  readonly value: unknown;
  readonly rest: Uint8Array<ArrayBuffer>;
}

function parse({ bytes, jsonLength }: Body): Parsed {
  const length = jsonLength ?? bytes.length;
  if (length > bytes.length)
    throw new InvalidInferenceError(
      `the request should begin with ${length} bytes of JSON, as the header ${JSON_LENGTH_HEADER} states, but has ${bytes.length} bytes`,
    );
  const json = bytes.subarray(0, length);
  try {
    checkJsonBounds(json);
    return { value: JSON.parse(utf8.decode(json)), rest: bytes.subarray(length) };
  } catch (cause) {
    if (
      jsonLength === undefined &&
      Buffer.from(bytes.buffer, bytes.byteOffset, length).includes('binary_data_size')
    )
      throw new InvalidInferenceError(
        `the header ${JSON_LENGTH_HEADER} is missing: the request has tensors as bytes after its JSON, so send the length of the JSON in bytes in that header`,
        { cause },
      );
    if (cause instanceof InvalidInferenceError) throw cause;
    throw new InvalidInferenceError(`the request is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function checked<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  try {
    return parseDocument(schema, value, what);
  } catch (error) {
    if (error instanceof InvalidDocumentError)
      throw new InvalidInferenceError(error.message, { cause: error });
    throw error;
  }
}

/** Decodes tensors, from `data` in the JSON or from the bytes after it. */
function readTensors(headers: readonly z.output<typeof tensor>[], rest: Uint8Array<ArrayBuffer>): Tensor[] {
  let offset = 0;
  const read = headers.map(({ data, parameters, ...header }) => {
    const size = parameters?.binary_data_size;
    if ((data === undefined) === (size === undefined))
      throw new InvalidTensorError(header.name, 'expected either data or the parameter binary_data_size');
    if (data) return tensorOfJson(header, data);
    const from = offset;
    offset += size!;
    if (offset > rest.length)
      throw new InvalidTensorError(
        header.name,
        `expected ${size} bytes after the JSON, found ${rest.length - from}`,
      );
    return tensorOfBytes(header, rest.subarray(from, offset));
  });
  if (offset < rest.length)
    throw new InvalidInferenceError(`${rest.length - offset} bytes after the JSON belong to no tensor`);
  return read;
}

/**
 * Encodes a message with tensors.
 * @param message makes the message's JSON from the JSON of the tensors
 * @param binary whether tensor i follows the JSON as bytes
 */
export function encodeBody(
  message: (tensors: object[]) => object,
  tensors: readonly Tensor[],
  binary: (i: number) => boolean,
): Body {
  const parts: Uint8Array[] = [];
  const headers = tensors.map((tensor, i) => {
    const { name, shape, datatype } = tensor;
    if (!binary(i)) return { name, shape, datatype, data: valuesOf(tensor) };
    const bytes = bytesOf(tensor);
    parts.push(bytes);
    return { name, shape, datatype, parameters: { binary_data_size: bytes.length } };
  });
  const json = Buffer.from(JSON.stringify(message(headers)));
  if (!tensors.some((_, i) => binary(i))) return { bytes: json, jsonLength: undefined };
  return { bytes: Buffer.concat([json, ...parts]), jsonLength: json.length };
}
