/** A file is not an ONNX model with an input and an output. */
export class NotOnnxError extends Error {
  override name = 'NotOnnxError';
  constructor(path: string) {
    super(`${path} is not an ONNX model with an input and an output. Is it whole? Export the model again.`);
  }
}

/** Numbers of the fields that are read (onnx.proto: ModelProto, GraphProto, ValueInfoProto and TensorProto). */
const GRAPH = 7;
const INITIALIZER = 5;
const INPUT = 11;
const OUTPUT = 12;
const NAME = { value: 1, tensor: 8 };

/**
 * Names of a model's first input and output, read from the file alone.
 * @throws NotOnnxError
 */
export function tensorNames(model: Uint8Array, path: string): { input: string; output: string } {
  try {
    const graph = only(model, GRAPH);
    const named = (field: number, name: number) =>
      messages(graph, field).map((message) => new TextDecoder().decode(only(message, name)));
    // Older exports list the weights among the inputs.
    const weights = new Set(named(INITIALIZER, NAME.tensor));
    const input = named(INPUT, NAME.value).find((name) => !weights.has(name));
    const output = named(OUTPUT, NAME.value)[0];
    if (input !== undefined && output !== undefined) return { input, output };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new NotOnnxError(path);
}

function only(message: Uint8Array, field: number): Uint8Array {
  const found = messages(message, field)[0];
  if (found === undefined) throw new RangeError(`no field ${field}`);
  return found;
}

/** The length-delimited fields of that number of a protocol buffers message. @throws RangeError where it is none */
function messages(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('the message ends in a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const type = key % 8;
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError('the message is cut off');
      if (Math.floor(key / 8) === wanted) found.push(message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`wire type ${type}`);
  }
  return found;
}
