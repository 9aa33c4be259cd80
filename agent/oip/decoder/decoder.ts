import { fileURLToPath } from 'node:url';
import { type Remote, wrap } from 'comlink';
import { InputError } from '../../../solver/documents/coded-error.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { spawnWorker } from '../../../workers/environment/node.ts';
import { WorkerLostError } from '../../../workers/runtime/errors.ts';
import { Lifeline } from '../../../workers/stage/lifeline.ts';
import type { RawWorker } from '../../../workers/stage/stage-worker.ts';
import { UnavailableError } from '../../service/errors.ts';
import { InvalidInferenceError } from '../errors.ts';
import type { Body } from '../infer.ts';
import type { Decoded, DecoderService } from './service.ts';

const WORKER = fileURLToPath(new URL('./worker.node.ts', import.meta.url));
/**
 * Another process parses JSON of more than this many bytes. JSON of this length takes the serving thread about 0.5 ms, and at
 * worst a few ms.
 */
export const HERE_BYTES_MAX = 32 * 1024;
/**
 * The most bytes of bodies that may wait for the other process, except for a single larger body; more bodies would only wait
 * longer.
 */
const WAITING_BYTES_MAX = 32 * 2 ** 20;
/** A process that takes longer for a body counts as hung. All bodies that may wait take a few seconds together. */
const HUNG_MS = 60_000;

/** A client sent a body that is not a valid plan. The message describes the problem. */
class InvalidPlanError extends InputError {
  static override readonly httpStatus = 400;
  override name = 'InvalidPlanError';
}

interface DecoderProcess {
  readonly api: Remote<DecoderService>;
  readonly lifeline: Lifeline;
}

/**
 * Parses large JSON of requests, and all plans, in another process, so that the serving thread is free meanwhile. The first call
 * starts the process, unless `open` has. If the process is lost, or ended because it hung, the next call starts another.
 */
export class Decoder {
  #process: DecoderProcess | undefined;
  #waitingBytes = 0;
  #closed = false;

  constructor(
    private readonly start: () => RawWorker = () => spawnWorker(WORKER),
    private readonly waitingBytesMax = WAITING_BYTES_MAX,
  ) {}

  /** Starts the process and waits until the process answers: a first large JSON that waits for the start would miss its SLA. */
  async open(): Promise<void> {
    await this.#elsewhere(0, (api) => api.plan(new Uint8Array(), ''));
  }

  /**
   * Returns the request in a form that the caller decodes fast: a request with large JSON gets its tensors as bytes, and any other
   * one stays unchanged.
   * @throws InvalidInferenceError; UnavailableError if too much waits, or the process was lost
   */
  async fast(body: Body): Promise<Body> {
    const { bytes, jsonLength = bytes.length } = body;
    if (jsonLength <= HERE_BYTES_MAX) return body;
    const answer = await this.#elsewhere(bytes.length, (api) => api.asBinary(body));
    if ('ok' in answer) return answer.ok;
    throw new InvalidInferenceError(answer.invalid);
  }

  /**
   * Reads a plan in the other process, even a small one, because an invalid plan may have thousands of problems, which take long
   * to find.
   * @param source names the plan in errors
   * @throws InvalidPlanError; UnavailableError if too much waits, or the process was lost
   */
  async plan(bytes: Uint8Array, source: string): Promise<Plan> {
    const answer = await this.#elsewhere(bytes.length, (api) => api.plan(bytes, source));
    if ('ok' in answer) return answer.ok;
    throw new InvalidPlanError(answer.invalid);
  }

  /** Decodes in the other process, and counts the bytes as waiting meanwhile. @throws UnavailableError */
  async #elsewhere<T>(
    length: number,
    decode: (api: Remote<DecoderService>) => Promise<Decoded<T>>,
  ): Promise<Decoded<T>> {
    if (this.#closed) throw new UnavailableError('The agent is shutting down', 1);
    if (this.#waitingBytes > 0 && this.#waitingBytes + length > this.waitingBytesMax)
      throw new UnavailableError(
        'Too many requests with large JSON are waiting; requests with binary tensors need not wait',
        1,
      );
    this.#process ??= this.#started();
    const { api, lifeline } = this.#process;
    this.#waitingBytes += length;
    try {
      return await lifeline.call(decode(api));
    } catch (error) {
      if (error instanceof WorkerLostError)
        throw new UnavailableError('The process that parses large JSON was lost', 1);
      throw error;
    } finally {
      this.#waitingBytes -= length;
    }
  }

  close(): void {
    this.#closed = true;
    this.#process?.lifeline.end('it was ended');
  }

  #started(): DecoderProcess {
    const raw = this.start();
    const lifeline = new Lifeline('decoder', raw, HUNG_MS);
    void lifeline.lost.then(() => {
      this.#process = undefined;
    });
    return { api: wrap<DecoderService>(raw.endpoint), lifeline };
  }
}
