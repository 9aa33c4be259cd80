import type { Remote } from 'comlink';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Environment } from '../environment/environment.ts';
import type { StageWorker } from '../stage/stage-worker.ts';
import type { BareApi } from './host.ts';

/** Both ends of a worker of the overhead benchmark. */
export interface OverheadWorker {
  readonly worker: StageWorker;
  readonly bare: Remote<BareApi>;
}

export type Spawn = (id: string, threads: number) => Promise<OverheadWorker>;

/** What is measured on one backend. */
export interface OverheadRequest {
  readonly backend: Backend;
  readonly batches: readonly number[];
  /** Time for each cell, at least. */
  readonly cellMs: number;
  /** What the executor is saturated with, for about so long in each of the rounds. */
  readonly plan: Plan;
  readonly rounds: number;
  readonly roundMs: number;
}

/** What all measurements of a backend share. */
export interface Bench {
  readonly models: LoadedManifest;
  readonly environment: Environment;
  readonly spawn: Spawn;
  /** True items of each stage. */
  readonly items: readonly (readonly Uint8Array<ArrayBuffer>[])[];
}
