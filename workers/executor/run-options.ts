import type { Item } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { ItemTruth } from '../../models/tasks/judge.ts';
import type { Score } from '../../models/tasks/score.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import type { Environment } from '../environment/environment.ts';
import type { AdaptationOptions } from './adapter.ts';
import type { Load } from './load.ts';
import type { BatchRecord, RequestAnswer } from './types.ts';

export interface RunOptions {
  /** Name of the run in reports, e.g. `plan` or `heaviest`. */
  readonly name: string;
  readonly plan: Plan;
  /** Backends that the planner was allowed to use. */
  readonly backends: readonly Backend[];
  readonly models: LoadedManifest;
  readonly environment: Environment;
  readonly load: Load;
  readonly seed: number;
  /** How the plan adapts to the load. If absent, the plan stays the same until the end. */
  readonly adaptation?: AdaptationOptions;
  /** Ends the run early. The report then covers the requests sent so far and the time so far. */
  readonly signal?: AbortSignal;
  onProgress?(progress: RunProgress): void;
  readonly watch?: RunWatch;
}

/** A request that has ended, with its ground truth. */
export interface EndedRequest {
  /** Scheduled arrival, counted from the start of the run. */
  readonly arrivalMs: number;
  /** The request's item of the first stage. Callbacks must not change it, because later requests use the same item. */
  readonly input: Item;
  /** The labels of the request's item; null if the pack has none. */
  readonly truth: ItemTruth | null;
  readonly answer: RequestAnswer;
  /** Points of the pipeline's metric; null unless the request completed and has labels. */
  readonly score: Score | null;
}

/**
 * Callbacks during a run. They are called on the thread that serves, so they must return quickly. Times count from the start of
 * the run, which is after the workers have started; only those of batches are in `performance.now()`.
 */
export interface RunWatch {
  /** Called when a plan begins to serve; the first plan begins at 0. */
  onPlan(served: RunReport['plans'][number]): void;
  /** Called when a request is sent. @param latenessMs delay from the scheduled arrival to the send */
  onSent(arrivalMs: number, latenessMs: number): void;
  onEnded(request: EndedRequest): void;
  onBatch(batch: BatchRecord): void;
  onEvent(event: RunReport['events'][number]): void;
}

export interface RunProgress {
  readonly run: string;
  readonly sent: number;
  readonly ended: number;
  readonly total: number;
  readonly timeLeftMs: number;
}
