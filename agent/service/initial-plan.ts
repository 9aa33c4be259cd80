import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { type Place, planMismatches } from '../../solver/plan/replan.ts';
import { Interrupted, UsageError } from '../../workers/command/exit.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import type { Store } from '../../workers/store/store.ts';
import { defaultBackends, defaultThreads } from './machine.ts';
import { checkPlan, keptProfile, readProfile, replan } from './place.ts';

/** Batch sizes that are measured where a plan must be made for this machine. */
const BATCHES = [1, 2, 4, 8, 16];

export interface InitialPlanOptions {
  /** The file that the plan was read from. */
  readonly plan: string;
  readonly profile?: string;
  readonly replan?: boolean;
  readonly adapt?: boolean;
  /** Seconds for measuring. */
  readonly budget: number;
}

export interface InitialPlan {
  readonly plan: Plan;
  /** What plans that follow the load are made from; undefined without `adapt`. */
  readonly profile: IdentifiedProfile | undefined;
}

/**
 * The plan to begin with: the given one, where it was made for this machine and these models. Otherwise it is refused or,
 * with `replan`, planned again on a profile of this machine: the given one, one that was kept, or one that is measured now.
 * @throws PlanRefusedError, UsageError, Interrupted, InfeasiblePlanError, NothingMeasuredError, and what profiling throws
 */
export async function initialPlan(
  given: Plan,
  models: LoadedManifest,
  place: Place,
  options: InitialPlanOptions,
  signal: AbortSignal,
): Promise<InitialPlan> {
  if (options.replan && planMismatches(given, place).length > 0) {
    const profile = options.profile
      ? await readProfile(options.profile, place)
      : await withStore(
          options,
          async (store) =>
            (await keptProfile(store, place)) ?? (await measureHere(models, store, given, options, signal)),
        );
    return { plan: await replan(given, profile), profile: options.adapt ? profile : undefined };
  }
  checkPlan(given, options.plan, place);
  return { plan: given, profile: options.adapt ? await profileOf(given, place, options) : undefined };
}

/** Opens the store only where it is needed: the plan's folder may be read-only. */
async function withStore<T>({ plan }: InitialPlanOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await journalBeside(plan);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** The profile that a plan was made from. @throws UsageError */
async function profileOf(plan: Plan, place: Place, options: InitialPlanOptions): Promise<IdentifiedProfile> {
  const beside = join(dirname(options.plan), 'profile.json');
  const file = options.profile ?? (existsSync(beside) ? beside : undefined);
  if (file === undefined) {
    const kept = await withStore(options, (store) => keptProfile(store, place, plan.profile.sha256));
    if (kept) return kept;
    throw new UsageError(
      `--adapt needs the profile that ${options.plan} was made from. Give it with --profile.`,
    );
  }
  const profile = await readProfile(file, place);
  if (profile.sha256 === plan.profile.sha256) return profile;
  throw new UsageError(
    `${options.plan} was not made from ${file}. Give the profile that it was made from with --profile, or plan again.`,
  );
}

/** Profiles this machine as `ipa-agent profile` does. The store keeps the profile, and the journal of a stopped one. */
async function measureHere(
  models: LoadedManifest,
  store: Store,
  { slaMs }: Plan,
  { plan, budget }: InitialPlanOptions,
  signal: AbortSignal,
): Promise<IdentifiedProfile> {
  const progress = new ProgressLine();
  try {
    return await measureProfile({
      models,
      environment: nodeEnvironment(),
      store,
      settings: {
        backends: defaultBackends(),
        threads: defaultThreads(),
        batches: BATCHES,
        budgetS: budget,
        seed: 1,
        slaMs,
      },
      signal,
      onProgress: progress.show,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      `Stopped. The folder .ipa-edge beside ${plan} keeps the finished measurements: the same command continues from them.`,
      { cause: error },
    );
  } finally {
    progress.clear();
  }
}
