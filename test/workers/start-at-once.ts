import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { type StartWorker, workerStarter } from '../../workers/executor/start-worker.ts';

/**
 * Starts workers that serve once each batch size has run. They do not wait until times settle, which would take a second of CPU
 * time for each session.
 */
export const startAtOnce = (models: LoadedManifest, environment: Environment): StartWorker =>
  workerStarter(models, environment, { windowMs: 0, runsMost: 0, windowsMost: 0, mostMs: 0 });
