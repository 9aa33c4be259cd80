import type { LoadedManifest } from '../../models/manifests/load.ts';
import { browserEnvironment } from '../../workers/environment/browser.ts';
import { type StageChoice, StepByStep } from '../../workers/executor/step-by-step.ts';

/** Starts workers in this page that answer single requests with chosen variants. @throws the errors of `StepByStep.start` */
export const openSteps = (
  models: LoadedManifest,
  choices: readonly StageChoice[],
  signal: AbortSignal,
): Promise<StepByStep> => StepByStep.start(models, browserEnvironment(), choices, signal);
