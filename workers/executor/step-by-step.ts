import { batchOf, type Item, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import { isUnsure } from '../../models/tasks/confidence.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import { type PlanStage, stageNameOf } from '../../solver/documents/plan.ts';
import type { Environment } from '../environment/environment.ts';
import type { StageWorker } from '../stage/stage-worker.ts';
import { startWorker } from './start-worker.ts';

/** The variant of a stage, and where it runs. With `escalation`, it is the heavy variant of the stage before it. */
export type StageChoice = Pick<PlanStage, 'name' | 'variant' | 'backend' | 'threads' | 'escalation'>;

/** The items of one request that a stage answered, and their results. */
export interface StageStep {
  readonly stage: PipelineStage;
  readonly choice: StageChoice;
  readonly items: readonly Item[];
  /** The heavy variant of a cascade, and for each item whether this variant answered it. Absent if the stage is no cascade. */
  readonly heavy?: { readonly choice: StageChoice; readonly answered: readonly boolean[] };
  /** One result per item, in order. */
  readonly results: readonly StageResult[];
  /** Time in which the stage answered all items, one at a time. */
  readonly ms: number;
}

/** A variant of a stage, loaded and warmed up in a worker of its own. */
interface Ready {
  readonly stage: PipelineStage;
  readonly choice: StageChoice;
  readonly worker: StageWorker;
}

/** Answers single requests stage by stage with chosen variants, without queues and batches. */
export class StepByStep {
  readonly #ready: Ready[] = [];

  private constructor() {}

  /**
   * Starts a worker for each choice, and loads and warms up its variant.
   * @param choices one for each stage of the pipeline, in order; for a cascade, the light variant's and then the heavy variant's
   * @param signal ends the workers while they load
   * @throws BackendUnavailableError, ModelLoadError, ModelMismatchError, WorkerLostError, and the errors of reading the models
   */
  static async start(
    models: LoadedManifest,
    environment: Environment,
    choices: readonly StageChoice[],
    signal: AbortSignal,
  ): Promise<StepByStep> {
    const steps = new StepByStep();
    try {
      for (const choice of choices) {
        const { name, threads } = choice;
        const own = { id: `step-${name}`, threads, stages: [name] };
        const worker = await startWorker(models, environment, own, [{ ...choice, batch: 1 }], signal);
        steps.#ready.push({ stage: models.pipeline.stage(stageNameOf(choice)), choice, worker });
      }
      return steps;
    } catch (error) {
      steps.close();
      throw error;
    }
  }

  /**
   * Answers one request, and yields each step as soon as its stage has run. A stage that gets no items has an empty step.
   * @param item the request's item of the first stage; it is left unchanged
   * @throws DeviceLostError, WorkerLostError, and errors of the stage's task
   */
  async *answer(item: Item): AsyncGenerator<StageStep> {
    let items: readonly Item[] = [item];
    for (const [at, ready] of this.#ready.entries()) {
      const { stage, choice } = ready;
      if (choice.escalation) continue;
      const next = this.#ready[at + 1];
      const heavy = next?.choice.escalation ? next : undefined;
      const startMs = performance.now();
      const results: StageResult[] = [];
      const children: Item[] = [];
      const answered: boolean[] = [];
      for (const one of items) {
        const light = await run(ready, one);
        const escalates =
          heavy !== undefined && isUnsure(stage, light.result, heavy.choice.escalation!.below);
        const { result, following } = escalates ? await run(heavy, one) : light;
        answered.push(escalates);
        results.push(result);
        children.push(...following);
      }
      yield {
        stage,
        choice,
        items,
        ...(heavy && { heavy: { choice: heavy.choice, answered } }),
        results,
        ms: performance.now() - startMs,
      };
      items = children;
    }
  }

  /** Ends the workers. A request that runs rejects with WorkerLostError. */
  close(): void {
    for (const { worker } of this.#ready) worker.terminate();
  }
}

/** Runs one item by itself. @returns its result, and the next stage's items that follow from it */
async function run({ choice, worker }: Ready, item: Item) {
  const { results, children } = await worker.run(choice.name, batchOf([item]));
  return { result: results[0]!, following: itemsOf(children) };
}
