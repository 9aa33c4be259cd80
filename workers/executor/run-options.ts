import type { Item } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Counts, ItemTruth } from '../../models/tasks/judge.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import type { Environment } from '../environment/environment.ts';
import type { AdaptationOptions } from './adapter.ts';
import type { Load } from './load.ts';
import type { Answer, BatchRecord } from './types.ts';

export interface RunOptions {
  /** Names the run in reports, e.g. `plan`, `heaviest`. */
  readonly name: string;
  readonly plan: Plan;
  /** What the planner was allowed. */
  readonly backends: readonly Backend[];
  readonly models: LoadedManifest;
  readonly environment: Environment;
  readonly load: Load;
  readonly seed: number;
  /** Absent: the plan serves to the end. */
  readonly adaptation?: AdaptationOptions;
  /** Ends the run early; what was sent until then is reported, over the time until then. */
  readonly signal?: AbortSignal;
  onProgress?(progress: RunProgress): void;
  readonly watch?: RunWatch;
}

/** A request that has ended. */
export interface EndedRequest {
  /** Scheduled, from the start of the run. */
  readonly arrivalMs: number;
  /** The item of the first stage that it brought, not to be changed. */
  readonly input: Item;
  readonly truth: ItemTruth;
  readonly answer: Answer;
  /** Of the pipeline's metric; null where it did not complete. */
  readonly counts: Counts | null;
}

/**
 * What a run tells while it goes on. It is told on the thread that serves: whoever listens must be brief. Times are from the
 * start of the run; what starts the workers comes before it.
 */
export interface RunWatch {
  /** Another plan serves; the first one at 0. */
  onPlan(served: RunReport['plans'][number]): void;
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
