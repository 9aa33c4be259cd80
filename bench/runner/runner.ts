import { loadManifest } from '../../models/manifests/load.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import type { WhyUnavailable } from '../../workers/command/backends.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readAtMost } from '../../workers/command/files.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type AdaptationAsk, withAdaptation } from '../../workers/executor/adaptation.ts';
import type { Load } from '../../workers/executor/load.ts';
import { run } from '../../workers/executor/run.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { Headless, type HeadlessOptions } from './headless.ts';

export interface RunSpec {
  readonly name: string;
  readonly plan: Plan;
  readonly backends: Backend[];
  readonly load: Load;
  readonly seed: number;
  readonly adaptation?: AdaptationAsk;
}

/** Profiles and runs plans for a command, in a headless browser or in this process. */
export interface Runner {
  readonly whyUnavailable: WhyUnavailable;
  profile(settings: ProfileSettings): Promise<IdentifiedProfile>;
  run(spec: RunSpec): Promise<RunReport>;
  close(): Promise<void>;
}

/**
 * A runner in this process where cpu or cuda is among the backends, else in a headless browser.
 * @throws UsageError where wasm, which only a browser has, is asked for together with cpu or cuda; and what
 * {@link Headless.open} throws
 */
export async function openRunner(backends: readonly Backend[], options: HeadlessOptions): Promise<Runner> {
  const inNode = backends.some((b) => b === 'cpu' || b === 'cuda');
  if (inNode && backends.includes('wasm'))
    throw new UsageError(
      'wasm runs in a browser, cpu and cuda run in Node: choose backends of one of the two.',
    );
  if (!inNode) return Headless.open(options);
  const environment = nodeEnvironment();
  const models = await loadManifest(options.manifestPath, readAtMost);
  const { store, signal, onProgress } = options;
  return {
    whyUnavailable: environment.unavailable,
    profile: (settings) => measureProfile({ models, environment, store, settings, signal, onProgress }),
    run: ({ adaptation: ask, ...spec }) =>
      withAdaptation(ask, { openPlanner, learnedPredictor }, (adaptation) =>
        run({ ...spec, ...(adaptation && { adaptation }), models, environment, signal, onProgress }),
      ),
    close: async () => {},
  };
}
