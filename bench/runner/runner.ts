import { loadManifest } from '../../models/manifests/load.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import type { Backend, Device } from '../../solver/documents/common.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { checkWritable } from '../../workers/command/files.ts';
import { journalBeside, type Profiler } from '../../workers/command/profile.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { runAdapting } from '../../workers/executor/adaptation.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import { openPlanner } from '../../workers/planner/node.ts';
import { learnedPredictor } from '../../workers/predictor/node.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import type { Store } from '../../workers/store/store.ts';
import { Headless, type HeadlessOptions, type RunSpec } from './headless.ts';

/** Profiles, times operators and runs plans for a command, in a headless browser or in this process. */
export interface Runner extends Profiler {
  run(spec: RunSpec): Promise<RunReport>;
  operators(key: CellKey): Promise<OperatorTimes>;
}

/**
 * Opens a runner in this process or in a headless browser.
 * @param measuredIn where the profile of the plan to run was measured; the runner then is in the same environment. The backends
 * would not tell, because browsers and Node both have webgpu. If absent, the runner is in this process for cpu and cuda only
 * @throws UsageError for wasm, which only a browser has, together with cpu or cuda; and errors of {@link Headless.open}
 */
export async function openRunner(
  backends: readonly Backend[],
  options: HeadlessOptions,
  measuredIn?: Device['environment'],
): Promise<Runner> {
  const inNode = measuredIn ? measuredIn === 'node' : backends.some((b) => b === 'cpu' || b === 'cuda');
  if (inNode && backends.includes('wasm'))
    throw new UsageError(
      'wasm runs in a browser, cpu and cuda run in Node: choose backends of one of the two.',
    );
  if (!inNode) return Headless.open(options);
  const environment = nodeEnvironment();
  const models = await loadManifest(options.manifestPath, fileReader(options.signal));
  const { store, signal, onProgress } = options;
  return {
    whyUnavailable: environment.unavailable,
    profile: (settings) => measureProfile({ models, environment, store, settings, signal, onProgress }),
    run({ adaptation, ...spec }) {
      const options = { ...spec, models, environment, signal, onProgress };
      return runAdapting(adaptation, { openPlanner, learnedPredictor }, options);
    },
    operators: (key) => measureOperators(models, environment, key, signal),
    close: async () => {},
  };
}

interface Place extends Pick<HeadlessOptions, 'manifestPath' | 'signal'> {
  readonly out: string;
  /** See {@link openRunner}. */
  readonly measuredIn?: Device['environment'];
}

export interface Opened {
  readonly runner: Runner;
  readonly store: Store;
  readonly progress: ProgressLine;
}

/**
 * Opens a runner that shows progress on stderr, passes it to `work`, and closes it. The journal of an unfinished profile is
 * kept beside `out`, the file to write.
 * @throws UsageError if the file cannot be written, and errors of {@link openRunner} and of the work
 */
export async function withRunner<T>(
  backends: readonly Backend[],
  { manifestPath, out, signal, measuredIn }: Place,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  await checkWritable(out);
  // With `measuredIn`, the command runs a plan that exists already. It measures no profile, so there is no journal to keep.
  const store = measuredIn ? new MemoryStore() : await journalBeside(out);
  const progress = new ProgressLine();
  const options = { manifestPath, store, signal, onProgress: progress.show };
  const runner = await openRunner(backends, options, measuredIn);
  try {
    return await work({ runner, store, progress });
  } finally {
    progress.clear();
    await runner.close();
    store.close();
  }
}
