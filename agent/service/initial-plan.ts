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

/** Batch sizes of a profile that is made because a plan is of elsewhere. */
const BATCHES = [1, 2, 4, 8, 16];

/** What the command was asked of a plan. */
export interface SettleOptions {
  /** The file of the plan. */
  readonly plan: string;
  readonly profile?: string;
  readonly replan?: boolean;
  readonly adapt?: boolean;
  /** Seconds. */
  readonly budget: number;
}

/** What is to serve, and with `--adapt` what is planned on. */
export interface Settled {
  readonly plan: Plan;
  readonly profile: IdentifiedProfile | undefined;
}

/**
 * Makes of the plan that was given one that can run here. Where it is of elsewhere, it is refused, or planned again on the
 * profile of this place: the one that was given, kept from the last time, or made now.
 * @throws PlanRefusedError, UsageError, Interrupted, InfeasiblePlanError, NothingMeasuredError, and what profiling throws
 */
export async function settle(
  given: Plan,
  models: LoadedManifest,
  place: Place,
  options: SettleOptions,
  signal: AbortSignal,
): Promise<Settled> {
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

/** Opened only where it is needed: a plan may lie where nothing can be written. */
async function withStore<T>({ plan }: SettleOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await journalBeside(plan);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** The profile that a plan of this place was made from. @throws UsageError */
async function profileOf(plan: Plan, place: Place, options: SettleOptions): Promise<IdentifiedProfile> {
  const beside = join(dirname(options.plan), 'profile.json');
  const file = options.profile ?? (existsSync(beside) ? beside : undefined);
  if (file === undefined) {
    const kept = await withStore(options, (store) => keptProfile(store, place, plan.profile.sha256));
    if (kept) return kept;
    throw new UsageError(
      `--adapt plans on the profile that ${options.plan} was made from: give it with --profile.`,
    );
  }
  const profile = await readProfile(file, place);
  if (profile.sha256 === plan.profile.sha256) return profile;
  throw new UsageError(
    `${file} is not the profile that ${options.plan} was made from: give that with --profile, or plan again.`,
  );
}

/** Profiles this machine as `ipa-agent profile` does; the store keeps the profile, and the journal of one that is stopped. */
async function measureHere(
  models: LoadedManifest,
  store: Store,
  { slaMs }: Plan,
  { budget }: SettleOptions,
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
    throw new Interrupted('Stopped. Finished cells are kept: the same command goes on from them.', {
      cause: error,
    });
  } finally {
    progress.clear();
  }
}
