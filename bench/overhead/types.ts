import type { Remote } from 'comlink';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';
import type { BareApi } from './bare/host.ts';

/** A worker of the overhead benchmark, with its API as a stage worker and its API for bare sessions. */
export interface OverheadWorker {
  readonly worker: StageWorker;
  readonly bare: Remote<BareApi>;
}

export type Spawn = (id: string, threads: number) => Promise<OverheadWorker>;

/** What to measure on one backend. */
export interface OverheadRequest {
  readonly backend: Backend;
  readonly batches: readonly number[];
  /** Minimum time for each cell. */
  readonly cellMs: number;
  /** The plan for the executor to run. */
  readonly plan: Plan;
  readonly rounds: number;
  /** Approximate length of a round. */
  readonly roundMs: number;
}

/** Inputs that all measurements in one environment share. */
export interface Bench {
  readonly models: LoadedManifest;
  readonly environment: Environment;
  readonly spawn: Spawn;
  /** Labelled items of each stage. */
  readonly items: readonly (readonly Uint8Array<ArrayBuffer>[])[];
}
