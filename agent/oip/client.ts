import { Agent, type IncomingMessage, request } from 'node:http';
import { parseJson } from '../../solver/documents/document.ts';
import {
  decodeResponse,
  encodeRequest,
  type InferRequest,
  type InferResponse,
  JSON_LENGTH_HEADER,
} from './infer.ts';
import { type ModelMetadata, modelMetadataSchema } from './metadata.ts';

/** A server answered with something other than 200. */
export class InferenceServerError extends Error {
  override name = 'InferenceServerError';
  constructor(
    readonly status: number,
    readonly reason: string,
    /** When it may be tried again, as the server says; null: it does not say. */
    readonly retryAfterS: number | null,
  ) {
    super(`The server answered ${status}: ${reason}`);
  }
}

interface Answer {
  readonly response: IncomingMessage;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A client of the Open Inference Protocol v2 over HTTP: connections are kept, and as many opened as requests run at once. */
export class OipClient {
  readonly #agent = new Agent({ keepAlive: true });

  /** @param url of the server, e.g. `http://127.0.0.1:8080` */
  constructor(private readonly url: string) {}

  /** @throws InferenceServerError, InvalidDocumentError */
  async metadata(model: string): Promise<ModelMetadata> {
    const { bytes } = await this.#send('GET', modelPath(model));
    return parseJson(modelMetadataSchema, new TextDecoder().decode(bytes), `the metadata of ${model}`);
  }

  /** Whether a model can answer now. */
  async ready(model: string): Promise<boolean> {
    try {
      await this.#send('GET', `${modelPath(model)}/ready`);
      return true;
    } catch (error) {
      if (error instanceof InferenceServerError) return false;
      throw error;
    }
  }

  /**
   * @param binary whether tensors go as bytes, which is far cheaper than JSON
   * @throws InferenceServerError, and where the answer is none InvalidInferenceError; the signal's reason
   */
  async infer(
    model: string,
    asked: InferRequest,
    {
      binary = true,
      version,
      signal,
    }: { readonly binary?: boolean; readonly version?: string; readonly signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    const { bytes, jsonLength } = encodeRequest({ binaryOutput: binary, ...asked }, binary);
    const headers = {
      'content-type': jsonLength === undefined ? 'application/json' : 'application/octet-stream',
      'content-length': bytes.length,
      ...(jsonLength !== undefined && { [JSON_LENGTH_HEADER]: jsonLength }),
    };
    const answer = await this.#send('POST', `${modelPath(model, version)}/infer`, { headers, bytes, signal });
    const length = answer.response.headers[JSON_LENGTH_HEADER];
    return decodeResponse({
      bytes: answer.bytes,
      jsonLength: length === undefined ? undefined : Number(length),
    });
  }

  /** Ends connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    sent?: {
      readonly headers: Record<string, string | number>;
      readonly bytes: Uint8Array;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.url}${path}`,
        { method, agent: this.#agent, ...(sent && { headers: sent.headers, signal: sent.signal }) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = new Uint8Array(Buffer.concat(chunks));
            if (response.statusCode === 200) return resolve({ response, bytes });
            const after = response.headers['retry-after'];
            reject(
              new InferenceServerError(
                response.statusCode ?? 0,
                reasonOf(bytes),
                after === undefined ? null : Number(after),
              ),
            );
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(sent?.bytes);
    });
  }
}

const modelPath = (model: string, version?: string): string =>
  `/v2/models/${encodeURIComponent(model)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`;

/** An error's text, from the body that the protocol has for it. */
function reasonOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text);
  } catch {
    return text;
  }
}
