import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { ItemBatch } from '../../../models/items/item-batch.ts';
import { holdsModels } from '../../../solver/adapt/diff.ts';
import { device } from '../../../solver/documents/common.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { type PlanStage, planStage } from '../../../solver/documents/plan.ts';
import { after } from '../../../workers/executor/clock.ts';
import { type ExecutorWorker, standbyKey } from '../../../workers/executor/start-worker.ts';
import { message, WorkerLostError } from '../../../workers/runtime/errors.ts';
import { packMessage, unpackMessage } from '../../../workers/stage/pipe.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { readRun } from '../batch.ts';
import { ReplicaSilentError } from '../errors.ts';
import { RUN_MS_HEADER, WAIT_MS_HEADER } from '../run-headers.ts';

/** The response of a replica to `GET /stage/<stage>` and `PUT /stage/<stage>`. */
const stageAnswer = planStage.extend({
  variants: z.array(z.string()),
  runtime: device
    .pick({ ortVersion: true, ortBuild: true, crossOriginIsolated: true, timerGrainMs: true })
    .nullable(),
});

const ASK_MS = 5000;
/** Time for `PUT /stage/<stage>`, long enough to load and warm up a large model. */
const CHANGE_MS = 5 * 60_000;

/** Times of a batch that a replica ran. */
interface HopTimes {
  readonly items: number;
  /** Time of the batch's round trip, without the time that the batch waited and ran in the replica. */
  readonly wayMs: number;
  /** Time that the planned variant ran the batch; undefined if the standby ran it, or if the replica does not report the time. */
  readonly runMs: number | undefined;
}

export interface ReplicaOptions {
  /** Name of the worker in messages. */
  readonly id: string;
  readonly url: string;
  /** Connection pool for all replicas. */
  readonly dispatcher: Dispatcher;
  /** The plan's rows that the replica holds. */
  readonly planned: readonly PlanStage[];
  /**
   * Aborts when the replica no longer serves, to end the wait for its state: a replica whose machine has failed never answers.
   */
  readonly gone?: AbortSignal;
  /** Reads the token that the replica requires for a change. */
  token(): Promise<string | undefined>;
  /** Called when the worker is terminated, e.g. to give the replica back. */
  onEnd(): void;
  /** Gets the times of a batch that ran, if the replica reports how long it held the batch. */
  onHop?(stage: string, times: HopTimes): void;
}

/** A worker of the executor that sends its batches to a replica over HTTP. */
export class Replica implements ExecutorWorker {
  readonly lost: Promise<string>;
  /** Whether the engine ends the replica on purpose. */
  left = false;
  readonly #ended = new AbortController();
  #lose!: (reason: string) => void;

  private constructor(
    private readonly options: ReplicaOptions,
    readonly info: ExecutorWorker['info'],
  ) {
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /**
   * Makes the replica load the planned variants and their standbys, unless they are loaded.
   * @throws WorkerLostError, ReplicaSilentError
   */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const { id, url, planned } = options;
    try {
      const runtimes = await Promise.all(planned.map((stage) => load(options, stage)));
      return new Replica(options, runtimes[0]!);
    } catch (error) {
      if (error instanceof ReplicaSilentError) throw error;
      throw new WorkerLostError(`${id} at ${url}`, message(error));
    }
  }

  /** @param key of a planned row's session, or of its standby's */
  async run(key: string, items: ItemBatch): Promise<StageRun> {
    const { id, url } = this.options;
    const { stage, variant, isStandby } = this.#sessionOf(key);
    const startMs = performance.now();
    const { status, bytes, heldMs, waitMs } = await call(this.options, `${stage}/${variant}/run`, {
      method: 'POST',
      body: Buffer.concat(packMessage(items)),
      signal: this.#ended.signal,
    });
    if (status === 200) {
      const count = items.lengths.length;
      const run = readRun(unpackMessage(bytes), count, `the answer of ${id} at ${url}`);
      if (heldMs !== undefined) {
        const wayMs = Math.max(0, performance.now() - startMs - heldMs);
        const runMs = waitMs !== undefined && !isStandby ? Math.max(0, heldMs - waitMs) : undefined;
        this.options.onHop?.(stage, { items: count, wayMs, runMs });
      }
      return run;
    }
    const answer = answerText(status, bytes);
    // The items are invalid or cannot be processed: another replica would fail, too.
    throw status === 400 || status === 500 ? new Error(answer) : new WorkerLostError(id, answer);
  }

  #sessionOf(key: string): { readonly stage: string; readonly variant: string; readonly isStandby: boolean } {
    const row = this.options.planned.find(({ name }) => name === key || standbyKey(name) === key)!;
    const { name: stage, variant, standby } = row;
    const isStandby = stage !== key;
    return { stage, variant: isStandby ? standby!.variant : variant, isStandby };
  }

  /** Gives up a replica that no longer serves, so that the executor runs its batches on another one. */
  leave(reason: string, planned: boolean): void {
    this.left = planned;
    this.#lose(reason);
  }

  terminate(): void {
    this.#ended.abort(new Error('it was terminated'));
    this.#lose('it was terminated');
    this.options.onEnd();
  }
}

/**
 * Makes the replica load a planned variant and its standby, with the planned batch size, unless it has.
 * @returns the replica's ONNX Runtime
 */
async function load(options: ReplicaOptions, planned: PlanStage): Promise<ExecutorWorker['info']> {
  const now = await callStage(options, planned, 'GET');
  const same = holdsModels(now, planned) && now.batch === planned.batch && now.runtime;
  const { runtime } = same ? now : await callStage(options, planned, 'PUT');
  if (!runtime) throw new Error('it has loaded no variant');
  return runtime;
}

async function callStage(options: ReplicaOptions, planned: PlanStage, method: 'GET' | 'PUT') {
  const token = method === 'PUT' ? await options.token() : undefined;
  const ms = method === 'GET' ? ASK_MS : CHANGE_MS;
  // Node 20 may collect an `AbortSignal.timeout` that only `AbortSignal.any` refers to, and then the call would never time out.
  const late = new AbortController();
  const cancel = after(ms, () => late.abort(new Error(`it has not answered for ${ms / 1000} s`)));
  const { status, bytes } = await call(options, planned.name, {
    method,
    signal: AbortSignal.any([late.signal, ...(options.gone ? [options.gone] : [])]),
    ...(method === 'PUT' && { body: JSON.stringify(planned) }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  }).finally(cancel);
  if (status !== 200) throw new Error(answerText(status, bytes));
  return parseJson(stageAnswer, bytes.toString(), `${options.url}/stage/${planned.name}`);
}

type Sent = Pick<Dispatcher.RequestOptions, 'method' | 'body' | 'headers' | 'signal'>;

/** Sends a request to a path below `/stage`. @throws ReplicaSilentError */
async function call({ id, url, dispatcher }: ReplicaOptions, path: string, sent: Sent) {
  try {
    const { statusCode, headers, body } = await request(`${url}/stage/${path}`, { dispatcher, ...sent });
    return {
      status: statusCode,
      bytes: Buffer.from(await body.arrayBuffer()),
      heldMs: millisecondsIn(headers[RUN_MS_HEADER]),
      waitMs: millisecondsIn(headers[WAIT_MS_HEADER]),
    };
  } catch (error) {
    throw new ReplicaSilentError(`${id} at ${url}`, message(error));
  }
}

/** The milliseconds in a header; undefined if the header is missing, because replicas of earlier versions report fewer times. */
function millisecondsIn(header: string | string[] | undefined): number | undefined {
  const ms = Number(header ?? Number.NaN);
  return Number.isFinite(ms) ? ms : undefined;
}

const answerText = (status: number, bytes: Buffer): string =>
  `it answered ${status}: ${bytes.toString().slice(0, 400)}`;
