import { z } from 'zod';
import type { ManifestStage } from '../../../models/manifests/manifest.ts';
import type { ItemBatch } from '../../../models/tasks/task.ts';
import { device } from '../../../solver/documents/common.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { type PlanStage, planStage } from '../../../solver/documents/plan.ts';
import type { CrewWorker } from '../../../workers/executor/crew.ts';
import { message, WorkerLostError } from '../../../workers/runtime/errors.ts';
import type { StageRun } from '../../../workers/stage/protocol.ts';
import { InferenceServerError, type OipClient } from '../../oip/client.ts';
import { InvalidInferenceError } from '../../oip/errors.ts';
import { batchRequest, runOf } from '../stage/tensors.ts';
import type { Pod } from './directory.ts';

/** What a pod says of itself. */
const told = planStage.extend({
  variants: z.array(z.string()),
  runtime: device
    .pick({ ortVersion: true, ortBuild: true, crossOriginIsolated: true, timerGrainMs: true })
    .nullable(),
});

/** To load a large model and warm it up. */
const CHANGE_MS = 5 * 60_000;

export interface PodWorkerOptions {
  readonly id: string;
  readonly pod: Pod;
  readonly client: OipClient;
  readonly stage: ManifestStage;
  readonly next: ManifestStage | null;
  readonly planned: PlanStage;
  readonly token: string | undefined;
  /** It is not needed any more. */
  onEnd(): void;
}

/** A pod as a worker of the executor: it runs one variant there. */
export class PodWorker implements CrewWorker {
  readonly lost: Promise<string>;
  readonly #ended = new AbortController();
  #lose!: (reason: string) => void;

  private constructor(
    private readonly options: PodWorkerOptions,
    readonly info: CrewWorker['info'],
  ) {
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  /** Has the pod load the planned variant, where it has not. @throws WorkerLostError */
  static async start(options: PodWorkerOptions): Promise<PodWorker> {
    const { id, pod, planned } = options;
    try {
      const now = await ask(options, 'GET');
      const same = now.sha256 === planned.sha256 && now.batch === planned.batch && now.runtime;
      const { runtime } = same ? now : await ask(options, 'PUT', planned);
      if (!runtime) throw new Error('it has nothing loaded');
      return new PodWorker(options, runtime);
    } catch (error) {
      throw new WorkerLostError(`${id} at ${pod.url}`, why(error));
    }
  }

  async run(_key: string, items: ItemBatch): Promise<StageRun> {
    const { client, stage, next, planned, id } = this.options;
    const { count } = items;
    const { signal } = this.#ended;
    const startMs = performance.now();
    try {
      if (signal.aborted) throw new Error('it has ended');
      const { outputs } = await client.infer(stage.name, batchRequest(stage, items), {
        version: planned.variant,
        signal,
      });
      return { ...runOf(stage, next, count, outputs), inferenceMs: performance.now() - startMs };
    } catch (error) {
      // What the pod cannot read, and an item that it cannot process, fail wherever they are run.
      const theItems =
        error instanceof InvalidInferenceError ||
        (error instanceof InferenceServerError && (error.status === 400 || error.status === 500));
      throw theItems ? error : new WorkerLostError(id, why(error));
    }
  }

  /** The pod leaves: what runs there is run elsewhere. */
  leave(reason: string): void {
    this.#lose(reason);
  }

  terminate(): void {
    this.#ended.abort(new Error('it was ended'));
    this.#lose('it was ended');
    this.options.onEnd();
  }
}

/** What is wrong with a connection: `fetch` itself only says that it failed. */
const why = (error: unknown): string => message((error as { cause?: unknown }).cause ?? error);

async function ask({ pod, token }: PodWorkerOptions, method: 'GET' | 'PUT', body?: PlanStage) {
  const response = await fetch(`${pod.url}/stage`, {
    method,
    signal: AbortSignal.timeout(method === 'GET' ? 5000 : CHANGE_MS),
    ...(body && { body: JSON.stringify(body) }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`it answered ${response.status}: ${text.slice(0, 400)}`);
  return parseJson(told, text, `${pod.url}/stage`);
}
