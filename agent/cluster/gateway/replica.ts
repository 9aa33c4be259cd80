import { z } from 'zod';
import type { ItemBatch } from '../../../models/items/item-batch.ts';
import type { PipelineStage } from '../../../models/manifests/pipeline.ts';
import { device } from '../../../solver/documents/common.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { type PlanStage, planStage } from '../../../solver/documents/plan.ts';
import type { CrewWorker } from '../../../workers/executor/crew.ts';
import { message, WorkerLostError } from '../../../workers/runtime/errors.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InferenceServerError, type OipClient } from '../../oip/client.ts';
import { InvalidInferenceError } from '../../oip/errors.ts';
import { batchRequest, runOf } from '../stage/tensors.ts';

/** What `/stage` of a replica answers. */
const stageAnswer = planStage.extend({
  variants: z.array(z.string()),
  runtime: device
    .pick({ ortVersion: true, ortBuild: true, crossOriginIsolated: true, timerGrainMs: true })
    .nullable(),
});

const ASK_MS = 5000;
/** Enough to load a large model and warm it up. */
const CHANGE_MS = 5 * 60_000;

export interface ReplicaOptions {
  /** Names the worker in messages. */
  readonly id: string;
  readonly url: string;
  readonly client: OipClient;
  readonly stage: PipelineStage;
  readonly planned: PlanStage;
  readonly token: string | undefined;
  /** Called when the worker is terminated. */
  onEnd(): void;
}

/** A replica of a stage on another machine, as a worker of the executor: it runs one variant. */
export class Replica implements CrewWorker {
  readonly lost: Promise<string>;
  readonly #ended = new AbortController();
  #lose!: (reason: string) => void;

  private constructor(
    private readonly options: ReplicaOptions,
    readonly info: CrewWorker['info'],
  ) {
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /** Has the replica load the planned variant, unless it has already. @throws WorkerLostError */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const { id, url, planned } = options;
    try {
      const now = await askStage(options, 'GET');
      const same = now.sha256 === planned.sha256 && now.batch === planned.batch && now.runtime;
      const { runtime } = same ? now : await askStage(options, 'PUT', planned);
      if (!runtime) throw new Error('it has loaded no variant');
      return new Replica(options, runtime);
    } catch (error) {
      throw new WorkerLostError(`${id} at ${url}`, why(error));
    }
  }

  async run(_key: string, items: ItemBatch): Promise<StageRun> {
    const { client, stage, planned, id } = this.options;
    const count = items.lengths.length;
    const { signal } = this.#ended;
    const startMs = performance.now();
    try {
      if (signal.aborted) throw new Error('it was terminated');
      const { outputs } = await client.infer(stage.name, batchRequest(stage, items), {
        version: planned.variant,
        signal,
      });
      return { ...runOf(stage, count, outputs), inferenceMs: performance.now() - startMs };
    } catch (error) {
      // A replica cannot help where the answer cannot be read or the item cannot be processed: another one would fail too.
      const ofTheItems =
        error instanceof InvalidInferenceError ||
        (error instanceof InferenceServerError && (error.status === 400 || error.status === 500));
      throw ofTheItems ? error : new WorkerLostError(id, why(error));
    }
  }

  /** The replica is about to end: the executor runs its batches on another one. */
  leave(reason: string): void {
    this.#lose(reason);
  }

  terminate(): void {
    this.#ended.abort(new Error('it was terminated'));
    this.#lose('it was terminated');
    this.options.onEnd();
  }
}

/** `fetch` only says that it failed; the cause says why. */
const why = (error: unknown): string => message((error as { cause?: unknown }).cause ?? error);

async function askStage({ url, token }: ReplicaOptions, method: 'GET' | 'PUT', body?: PlanStage) {
  const response = await fetch(`${url}/stage`, {
    method,
    signal: AbortSignal.timeout(method === 'GET' ? ASK_MS : CHANGE_MS),
    ...(body && { body: JSON.stringify(body) }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`it answered ${response.status}: ${text.slice(0, 400)}`);
  return parseJson(stageAnswer, text, `${url}/stage`);
}
