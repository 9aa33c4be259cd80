import { fileURLToPath } from 'node:url';
import { type Remote, wrap } from 'comlink';
import { spawnWorker } from '../../../workers/environment/node.ts';
import { WorkerLostError } from '../../../workers/runtime/errors.ts';
import { Lifeline } from '../../../workers/stage/lifeline.ts';
import type { RawWorker } from '../../../workers/stage/stage-worker.ts';
import { UnavailableError } from '../../service/errors.ts';
import { InvalidInferenceError } from '../errors.ts';
import type { Body } from '../infer.ts';
import type { DecoderService } from './service.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));
/** Longer JSON is parsed in another process. This much takes the serving thread about a millisecond. */
const HERE_BYTES = 32 * 1024;
/** Most bytes of bodies that wait for the other process; more would only wait longer. */
const MOST_WAITING = 32 * 2 ** 20;

interface DecoderProcess {
  readonly raw: RawWorker;
  readonly api: Remote<DecoderService>;
  readonly lifeline: Lifeline;
}

/**
 * Parses the JSON of requests in another process, so that the serving thread is free meanwhile. The first large JSON starts the
 * process, and so does the first one after the process was lost.
 */
export class Decoder {
  #process: DecoderProcess | undefined;
  #waitingBytes = 0;
  #closed = false;

  constructor(private readonly start: () => RawWorker = () => spawnWorker(WORKER)) {}

  /**
   * The request in a form that is decoded fast: a large JSON's tensors as bytes, any other body as it is.
   * @throws InvalidInferenceError; UnavailableError if too much waits, or the process was lost
   */
  async fast(body: Body): Promise<Body> {
    const { bytes, jsonLength = bytes.length } = body;
    if (jsonLength <= HERE_BYTES) return body;
    if (this.#closed || this.#waitingBytes + bytes.length > MOST_WAITING)
      throw new UnavailableError('Too many requests with large JSON wait: binary tensors do not', 1);
    this.#process ??= this.#started();
    const { api, lifeline } = this.#process;
    this.#waitingBytes += bytes.length;
    try {
      const answer = await lifeline.call(api.asBinary(body));
      if ('ok' in answer) return answer.ok;
      throw new InvalidInferenceError(answer.invalid);
    } catch (error) {
      if (error instanceof WorkerLostError)
        throw new UnavailableError('The process that parses large JSON was lost', 1);
      throw error;
    } finally {
      this.#waitingBytes -= bytes.length;
    }
  }

  close(): void {
    this.#closed = true;
    this.#process?.raw.terminate();
  }

  #started(): DecoderProcess {
    const raw = this.start();
    void raw.gone.then(() => {
      this.#process = undefined;
    });
    return { raw, api: wrap<DecoderService>(raw.endpoint), lifeline: new Lifeline('decoder', raw.gone) };
  }
}
