import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import { profileMismatches, type Target } from '../../solver/plan/mismatches.ts';
import { replanRequest } from '../../solver/plan/replan.ts';
import { Interrupted, UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import type { Store } from '../../workers/store/store.ts';
import { measureServing } from '../profiler/measure-serving.ts';
import { PlanRefusedError } from './errors.ts';
import { defaultBackends, defaultThreads } from './machine.ts';

/** Batch sizes to measure when the agent profiles this machine for a new plan. */
const BATCHES = [1, 2, 4, 8, 16];

export interface InitialPlanOptions {
  /** Path of the given plan. */
  readonly plan: string;
  readonly profile?: string;
  readonly replan?: boolean;
  readonly adapt?: boolean;
  /** Profiling may take at most this many seconds. */
  readonly budget: number;
}

/**
 * Returns a profile of this machine for a new plan: the given profile, one that the store beside the plan keeps, or a new one.
 * @throws PlanRefusedError, UsageError, InvalidDocumentError, Interrupted, and errors of profiling
 */
export async function profileHere(
  plan: Plan,
  models: LoadedManifest,
  target: Target,
  options: InitialPlanOptions,
  signal: AbortSignal,
): Promise<IdentifiedProfile> {
  if (options.profile) return readProfile(options.profile, target);
  return withStore(
    options,
    async (store) =>
      (await keptProfile(store, target)) ?? (await measureHere(models, store, plan, options, signal)),
  );
}

/**
 * Opens the store beside the plan for one use, and closes it. Fails in a read-only folder, so it is called only if the store is
 * needed.
 */
async function withStore<T>({ plan }: InitialPlanOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await journalBeside(plan);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/**
 * Finds the profile that a plan was made from: the given profile, the one that the store beside the plan keeps, or profile.json
 * beside the plan.
 * @throws UsageError, PlanRefusedError, InvalidDocumentError
 */
export async function profileOf(
  plan: Plan,
  target: Target,
  options: InitialPlanOptions,
): Promise<IdentifiedProfile> {
  const beside = join(dirname(options.plan), 'profile.json');
  if (options.profile === undefined) {
    try {
      const kept = await withStore(options, (store) => keptProfile(store, target, plan.profile.sha256));
      if (kept) return kept;
    } catch (error) {
      // profile.json beside the plan may hold the profile even if the store cannot be read.
      if (!existsSync(beside)) throw error;
    }
    if (!existsSync(beside))
      throw new UsageError(
        `--adapt needs the profile that ${options.plan} was made from. Give it with --profile.`,
      );
  }
  const file = options.profile ?? beside;
  const profile = await readProfile(file, target);
  if (profile.sha256 === plan.profile.sha256) return profile;
  throw new UsageError(
    `${options.plan} was not made from ${file}. Give the profile that it was made from with --profile, or plan again.`,
  );
}

/** Profiles this machine like `ipa-agent profile`. The store keeps the profile and, if profiling is stopped, its journal. */
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
      measureServing: measureServing(models.manifest),
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

/** Reads a profile, which must be of this machine and these models. @throws PlanRefusedError, UsageError, InvalidDocumentError */
async function readProfile(path: string, target: Target): Promise<IdentifiedProfile> {
  const profile = await readJson(path, parseIdentified);
  const reasons = profileMismatches(profile.profile, target);
  if (reasons.length > 0)
    throw new PlanRefusedError(`A plan on ${path}`, reasons, 'Profile this machine: ipa-agent profile.');
  return profile;
}

/** Finds the newest profile of this machine and these models in a store. @param id only the profile with this id */
async function keptProfile(
  store: Store,
  target: Target,
  id?: string,
): Promise<IdentifiedProfile | undefined> {
  for (const entry of await store.listProfiles()) {
    if (entry.pipeline !== target.pipeline || (id !== undefined && entry.id !== id)) continue;
    const profile = await store.loadProfile(entry.id);
    if (profileMismatches(profile.profile, target).length === 0) return profile;
  }
  return undefined;
}

/** Plans for the same SLA and rate as an earlier plan, on another profile. @throws InfeasiblePlanError, NothingMeasuredError */
export const replan = async (plan: Plan, profile: IdentifiedProfile): Promise<Plan> =>
  (await Planner.open(profile)).plan(replanRequest(plan, profile.profile));
