import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { type StartWorker, workerStarter } from '../../workers/executor/start-worker.ts';

/** Starts workers that serve when each batch size has run once. To wait until times settle takes a second of CPU for each session. */
export const startAtOnce = (models: LoadedManifest, environment: Environment): StartWorker =>
  workerStarter(models, environment, { windowMs: 0, runsMost: 0, windowsMost: 0, mostMs: 0 });
