import { type Dispatcher, Pool } from 'undici';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import { type InferRequest, type InferResponse, JSON_LENGTH_HEADER } from '../../agent/oip/infer.ts';
import type { ModelMetadata } from '../../agent/oip/model.ts';
import { decodeResponse } from './tensors.ts';

/** A server answered with something other than 200. */
export class InferenceServerError extends Error {
  override name = 'InferenceServerError';
  constructor(
    readonly status: number,
    readonly reason: string,
    /** Seconds after which the server wants the next try; null when the server does not say. */
    readonly retryAfterS: number | null,
  ) {
    super(`The server answered ${status}: ${reason}`);
  }
}

/** A response with status 200. */
interface OkResponse {
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A client of the Open Inference Protocol v2 over HTTP. It keeps connections open, one for each of the requests that run at the
 * same time.
 */
export class OipClient {
  readonly #pool: Pool;

  /** @param url of the server, e.g. `http://127.0.0.1:8080` */
  constructor(url: string) {
    // No timeouts here: callers limit the time of a request with its signal.
    this.#pool = new Pool(url, { headersTimeout: 0, bodyTimeout: 0 });
  }

  /** Reads what a model states of itself. @throws InferenceServerError */
  async metadata(model: string): Promise<ModelMetadata> {
    const { bytes } = await this.#send('GET', modelPath(model));
    return JSON.parse(new TextDecoder().decode(bytes)) as ModelMetadata;
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
   * Runs a model on a request.
   * @param binary whether tensors are sent as bytes, which takes far less time than JSON
   * @throws InferenceServerError; InvalidInferenceError when the answer does not follow the protocol; the signal's reason
   */
  async infer(
    model: string,
    request: InferRequest,
    {
      binary = true,
      version,
      signal,
    }: { readonly binary?: boolean; readonly version?: string; readonly signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    const { bytes, jsonLength } = encodeRequest({ binaryOutput: binary, ...request }, binary);
    const headers = {
      'content-type': jsonLength === undefined ? 'application/json' : 'application/octet-stream',
      ...(jsonLength !== undefined && { [JSON_LENGTH_HEADER]: String(jsonLength) }),
    };
    const answer = await this.#send('POST', `${modelPath(model, version)}/infer`, {
      headers,
      body: bytes,
      signal: signal ?? null,
    });
    const length = answer.headers[JSON_LENGTH_HEADER];
    return decodeResponse({
      bytes: answer.bytes,
      jsonLength: length === undefined ? undefined : Number(length),
    });
  }

  /** Closes the connections. */
  close(): void {
    void this.#pool.destroy();
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    sent?: Pick<Dispatcher.RequestOptions, 'headers' | 'body' | 'signal'>,
  ): Promise<OkResponse> {
    const { statusCode, headers, body } = await this.#pool.request({ method, path, ...sent });
    const bytes = (await body.bytes()) as Uint8Array<ArrayBuffer>;
    if (statusCode === 200) return { headers, bytes };
    const after = headers['retry-after'];
    throw new InferenceServerError(statusCode, reasonOf(bytes), after === undefined ? null : Number(after));
  }
}

/** The URL path of a model. @param version absent: the version that is served */
const modelPath = (model: string, version?: string): string =>
  `/v2/models/${encodeURIComponent(model)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`;

/** The text of an error: the field `error` of the protocol's JSON, or the whole body. */
function reasonOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text);
  } catch {
    return text;
  }
}
