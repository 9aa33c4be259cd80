import { batchOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import { isLabelled, type Pack } from '../../models/packs/pack.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import { sum } from '../../solver/math/statistics.ts';
import { checkAvailable } from '../environment/available.ts';
import { Caller } from '../environment/caller.ts';
import type { Environment } from '../environment/environment.ts';
import { unlessAborted, untilEnd } from '../executor/clock.ts';
import { type JournalEntry, parseIdentified } from '../store/exchange.ts';
import type { Store } from '../store/store.ts';
import { accuracySteps, measureAccuracy } from './accuracy.ts';
import type { AccuracyPart } from './accuracy-part.ts';
import { measureAfterPauses } from './after-pauses.ts';
import { CellProfiler } from './cell-profiler.ts';
import { cellsOfBatch, type FixedBatches, firstPassCells, fixedBatchOf } from './cells.ts';
import { coRunnable, coRunPairs } from './co-run-plan.ts';
import { ItemDraw } from './item-draw.ts';
import { journalName } from './journal.ts';
import { checkOptions } from './options.ts';
import { type MeasuredTimes, profileDocument } from './profile-document.ts';
import { type ProfilePlan, Progress } from './progress.ts';
import type { MeasureServing } from './recorded-stage.ts';
import { type OpenVariant, Sessions } from './sessions.ts';
import { checkThreads } from './threads.ts';
import type { ProfileProgress, ProfileSettings } from './types.ts';
import { WorkClock } from './work-clock.ts';

export interface ProfileOptions {
  readonly models: LoadedManifest;
  readonly environment: Environment;
  /** Keeps a journal of finished cells, from which a later call with the same settings continues, and finally the profile. */
  readonly store: Store;
  readonly settings: ProfileSettings;
  /** Measures what serving costs beside the models; absent where nothing serves, as in a browser. */
  readonly measureServing?: MeasureServing;
  /**
   * Stops the profile at once, even in a batch or in `onDraft`, which may take minutes or never end. Finished cells stay in the
   * journal.
   */
  readonly signal?: AbortSignal;
  /** Called between steps, such as cells. The profile pauses until the promise resolves; a pause does not use up the budget. */
  unpaused?(): Promise<void>;
  /** Called before the first measurement with the name of the journal, so that the caller can delete a profile that it stops. */
  onJournal?(journal: string): Promise<void>;
  onProgress?(progress: ProfileProgress): void;
  /**
   * Called after the cells of each batch size, with the profile so far, so that the caller can make a provisional plan. The
   * profiler waits for the promise, because planning would disturb measurements.
   */
  onDraft?(draft: Profile): Promise<void>;
}

/**
 * Measures a pipeline on this device: the latency of every variant on every backend at every batch size, accuracy, and fan-out.
 * @throws BackendUnavailableError, InvalidDocumentError, InvalidPackError, ModelLoadError, ModelMismatchError, StoreFullError,
 * TooManyThreadsError, WorkerLostError, the errors of reading the models, and what a callback throws; the signal's reason when it
 * is aborted
 */
export const profile = async (options: ProfileOptions): Promise<Profile> =>
  (await measureProfile(options)).profile;

/** Does what {@link profile} does, and returns the profile with its SHA-256. */
export async function measureProfile(options: ProfileOptions): Promise<IdentifiedProfile> {
  checkOptions(options);
  const { models, store, settings } = options;
  const { manifest, pipeline } = models;
  const caller = new Caller(options.signal);
  const { signal } = caller;
  checkThreads(settings.threads, options.environment);
  const clock = new WorkClock(options.unpaused, signal);
  const { hidden, visible } = options.environment;
  const environment: Environment = {
    ...options.environment,
    visible: async () => {
      if (hidden()) await clock.idle(visible());
    },
  };
  for (const backend of settings.backends) await checkAvailable(environment, backend);
  const progress = new Progress(settings.budgetS * 1000, environment.reference, clock, (now) =>
    caller.tell(() => options.onProgress?.(now)),
  );
  const sessions = new Sessions(models, environment);
  const endTicks = clock.tick();
  const end = () => {
    endTicks();
    sessions.close();
  };
  return untilEnd(end, signal, async () => {
    const reference: OpenReference = (stage, variant) =>
      sessions.open({ stage, variant, backend: environment.reference, threads: 1 });
    const { pack, fixedBatches } = await loadAll(models, reference, progress, clock, signal);
    progress.plan(planOf(manifest, settings, fixedBatches, environment.logicalCores));
    const ofStages = await stageItems(pack, pipeline);
    const draws = new Map(
      pipeline.stages.map(({ name }, s) => [name, new ItemDraw(ofStages[s]!, settings.seed)]),
    );
    const device = await environment.describe(
      (await sessions.worker({ backend: environment.reference, threads: 1 })).info,
    );
    const journal = await journalName(manifest, device, settings);
    await options.onJournal?.(journal);
    const finished = await store.readJournal(journal);

    const itemsOf = new Map(pipeline.stages.map(({ name }, s) => [name, ofStages[s]!.items.length]));
    if (isLabelled(pack)) progress.accuracy(accuracySteps(manifest), itemsOf);
    const accuracy = await measureAccuracy(
      pipeline,
      pack,
      async (stage, variant, items) => {
        await clock.wait();
        return sessions.overOneLoss({ backend: environment.reference, threads: 1 }, async () => {
          const { worker, key } = await reference(stage, variant);
          return worker.run(key, batchOf(items));
        });
      },
      finished.filter(isOfAccuracy),
      {
        step: (what) => progress.step(what),
        recall: (what) => progress.recallAccuracy(what),
        save: (part) => store.append(journal, part),
      },
    );

    const documentOf = (measured: MeasuredTimes) =>
      profileDocument(models, device, settings, accuracy, measured);

    const cellProfiler = new CellProfiler({
      manifest,
      environment,
      sessions,
      settings,
      device,
      draws,
      fanOut: accuracy.fanOut,
      fixedBatches,
      progress,
      clock,
      signal,
      save: (cell) => store.append(journal, { kind: 'cell', cell }),
      afterRound: (cells) =>
        unlessAborted(async () => options.onDraft?.(documentOf({ cells, coRun: [] })), signal),
      finished: finished.flatMap((entry) => (entry.kind === 'cell' ? [entry.cell] : [])),
    });
    await cellProfiler.measureAll();
    const known = finished.find((entry) => entry.kind === 'co-run');
    const coRun = known?.coRun ?? (await cellProfiler.coRun());
    if (!known) await store.append(journal, { kind: 'co-run', coRun });
    let afterPauses = finished.find((entry) => entry.kind === 'pauses');
    if (!afterPauses) {
      const { measureServing } = options;
      const parts = { pipeline, items: ofStages, sessions, environment, settings, clock, progress };
      const measured = await measureAfterPauses({ ...parts, measureServing, signal }, cellProfiler.cells);
      afterPauses = { kind: 'pauses', ...measured };
      await store.append(journal, afterPauses);
    }
    await cellProfiler.refine();

    const measured = await parseIdentified(
      documentOf({ ...afterPauses, cells: cellProfiler.cells, coRun }),
      'the profile that was measured',
    );
    await store.saveProfile(measured);
    await store.deleteJournal(journal);
    return measured;
  });
}

/** Opens a variant on the backend with which accuracy is measured. */
type OpenReference = (stage: string, variant: string) => Promise<OpenVariant>;

/**
 * Reads and loads all files before the long measurement begins, so that a bad file fails at once. A cancel does not wait for a
 * slow download.
 * @returns the pack, and the batch sizes of the models that take one size only, by the session's key
 */
async function loadAll(
  { manifest, readPack }: LoadedManifest,
  open: OpenReference,
  progress: Progress,
  clock: WorkClock,
  signal?: AbortSignal,
): Promise<{ pack: Pack; fixedBatches: FixedBatches }> {
  progress.begin('models', sum(manifest.stages.map(({ variants }) => variants.length)) + 1);
  const pack = await unlessAborted(readPack, signal);
  progress.step('labelled pack');
  const fixedBatches = new Map<string, number>();
  for (const { name: stage, variants } of manifest.stages)
    for (const { name: variant } of variants) {
      await clock.wait();
      const { key, fixedBatch } = await unlessAborted(() => open(stage, variant), signal);
      if (fixedBatch !== null) fixedBatches.set(key, fixedBatch);
      progress.step(key);
    }
  return { pack, fixedBatches };
}

const isOfAccuracy = (entry: JournalEntry): entry is AccuracyPart =>
  entry.kind !== 'cell' && entry.kind !== 'co-run' && entry.kind !== 'pauses';

/** What will be measured: the cells with the smallest batch of each variant first. */
function planOf(
  manifest: Manifest,
  settings: ProfileSettings,
  fixed: FixedBatches,
  logicalCores: number,
): ProfilePlan {
  const [first = [], ...later] = firstPassCells(manifest, settings, fixed);
  const isSmallest = (key: CellKey) => fixedBatchOf(key, fixed) !== undefined;
  const smallest = [...first, ...later.flat().filter(isSmallest)];
  const kinds = coRunnable(cellsOfBatch(manifest, settings, 1), logicalCores);
  return {
    cells: [...smallest, ...later.flat().filter((key) => !isSmallest(key))],
    smallest: smallest.length,
    coRuns: sum(kinds.map(({ backend }) => coRunPairs(manifest.stages.length, backend))),
  };
}
