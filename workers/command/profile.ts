import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { fileProblem } from '../../models/manifests/file-problem.ts';
import { cellFlag, failureOf, sweepId } from '../../solver/documents/cell.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import type { Backend } from '../../solver/documents/common.ts';
import { type IdentifiedProfile, measuredInOrder, type Profile } from '../../solver/documents/profile.ts';
import { counted } from '../../solver/math/figures.ts';
import { getOrMake } from '../../solver/math/maps.ts';
import { FLAGS, SKIPS } from '../../solver/report/cell-flags.ts';
import { packNote } from '../../solver/report/pack-note.ts';
import type { ProfileProgress, ProfileSettings } from '../profiler/types.ts';
import { message } from '../runtime/errors.ts';
import { exportProfile } from '../store/exchange.ts';
import { openFileStore, profileFile } from '../store/node.ts';
import type { Store } from '../store/store.ts';
import { availableBackends, type WhyUnavailable } from './backends.ts';
import { Interrupted, interruptSignal, UsageError } from './exit.ts';
import { checkWritable, writeWhole } from './files.ts';
import * as option from './options.ts';
import { ms, ProgressLine, table } from './terminal.ts';

/** A profile was written that has no measured cell, so that nothing can be planned on it. */
export class NoCellMeasuredError extends CodedError {
  override name = 'NoCellMeasuredError';
  /** @param failure the cell that failed first, and why; absent if the budget ended before the first cell */
  constructor(failure?: string) {
    super(
      failure
        ? `No cell was measured (${failure}). Mend the models, or choose other backends with --backend.`
        : 'No cell was measured within the budget. Raise it with --budget.',
    );
  }
}

/** What the command gives a profiler when it opens one. */
export interface ProfilerOptions {
  readonly manifestPath: string;
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: ProfileProgress): void;
}

/** The profiler of the command: it measures in a browser, in this process or in a cluster. */
export interface Profiler {
  readonly whyUnavailable: WhyUnavailable;
  profile(settings: ProfileSettings): Promise<IdentifiedProfile>;
  close(): Promise<void>;
}

/** The differences between `ipa-edge profile` and `ipa-agent profile`. */
interface ProfileVariation {
  readonly backends: { readonly help: string; readonly default: Backend[] };
  /** Default thread counts of CPU backends. */
  readonly threads: number[];
  readonly examples: string;
  open(backends: readonly Backend[], options: ProfilerOptions): Promise<Profiler>;
}

export const profileCommand = ({ backends, threads, examples, open }: ProfileVariation) =>
  new Command('profile')
    .description('measure every variant of every stage on each backend, with each batch size')
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .option('--backend <list>', backends.help, option.backends, backends.default)
    .option('--threads <list>', 'thread counts to measure on CPU backends', option.counts, threads)
    .option(
      '--batches <list>',
      'batch sizes to measure; 1 is always measured',
      option.batches,
      [1, 2, 4, 8, 16],
    )
    .option(
      '--budget <duration>',
      'time for measuring latencies; loading models for the first time and measuring accuracy do not count',
      option.duration,
      120,
    )
    .option(
      '--sla <ms>',
      "leave out larger batches once one takes longer than this (default: 5 × the sum over stages of items per request × the variants' mean latency at the smallest batch; at least 50 ms)",
      option.positive,
    )
    .option('--seed <n>', 'seed of the random order of measuring', option.integer, 1)
    .requiredOption(
      '--out <file>',
      'file to write the profile to; measurements are kept beside it until it is complete',
      option.outFile,
    )
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
Every finished measurement is kept at once: after Ctrl-C or a crash the same command continues where it stopped.

${examples}`,
    )
    .action(async (options, command) => {
      const signal = interruptSignal();
      await checkWritable(options.out);
      const store = await journalBeside(options.out);
      const progress = new ProgressLine();
      const profiler = await open(options.backend, {
        manifestPath: option.manifestPath(options),
        store,
        signal,
        onProgress: progress.show,
      });
      try {
        const backend = await availableBackends(command, options.backend, profiler.whyUnavailable);
        const settings = settingsOf({ ...options, backend });
        const { profile } = await measure(profiler, store, settings, options.out, signal);
        progress.clear();
        if (options.json) console.log(exportProfile(profile));
        else
          console.log(
            [profileTable(profile), packNote(profile.pack), `wrote ${options.out}`]
              .filter((part) => part !== null)
              .join('\n\n'),
          );
        checkMeasured(profile);
      } finally {
        progress.clear();
        await profiler.close();
        store.close();
      }
    });

interface ProfileFlags {
  readonly backend: ProfileSettings['backends'];
  readonly threads: number[];
  readonly batches: number[];
  readonly budget: number;
  readonly sla?: number;
  readonly seed: number;
}

export const settingsOf = (flags: ProfileFlags): ProfileSettings => ({
  backends: flags.backend,
  threads: flags.threads,
  batches: [...new Set([1, ...flags.batches])],
  budgetS: flags.budget,
  seed: flags.seed,
  ...(flags.sla !== undefined && { slaMs: flags.sla }),
});

const folderBeside = (out: string): string => join(dirname(out), '.ipa-edge');

/**
 * Opens a store in the folder `.ipa-edge` beside the document that a command will write. The store keeps profiles in progress.
 * @throws UsageError if the folder cannot be written
 */
export function journalBeside(out: string): Promise<Store> {
  const folder = folderBeside(out);
  return openFileStore(folder).catch(({ cause }: Error) => {
    throw new UsageError(
      `${folder}, which keeps finished measurements, cannot be written: ${fileProblem(cause)}. Place ${basename(out)} in a folder that this user can write.`,
      { cause },
    );
  });
}

/** What the command says when it was stopped. */
export const STOPPED = 'Stopped. Finished measurements are kept: run the same command again to continue.';

/**
 * Measures a profile and writes it to a file.
 * @param store the store that {@link journalBeside} opened for the file
 * @throws Interrupted if the signal was aborted; its message says whether finished measurements are kept. UsageError if the file
 * cannot be written
 */
export async function measure(
  profiler: Pick<Profiler, 'profile'>,
  store: Store,
  settings: ProfileSettings,
  out: string,
  signal: AbortSignal,
): Promise<IdentifiedProfile> {
  const measured = await profiler.profile(settings).catch((error) => {
    // A profiler in a cluster keeps no measurements, because its Job is removed at the end; its own error says so.
    const saysItself = error instanceof Interrupted && error !== signal.reason;
    if (saysItself || !signal.aborted) throw error;
    throw new Interrupted(STOPPED, { cause: error });
  });
  const kept = profileFile(folderBeside(out), measured.sha256);
  await writeWhole(out, `${exportProfile(measured.profile)}\n`).catch((cause) => {
    throw new UsageError(`${message(cause)}. The finished profile is kept: copy it from ${kept}.`, { cause });
  });
  // The file now holds the profile. The store kept a copy of it in case this process died before the file was written.
  await store.deleteProfile(measured.sha256);
  return measured;
}

/** The cells that failed, and why: for each variant, backend and thread count the one with the smallest batch. */
function failures({ cells }: Profile): string[] {
  const texts = new Map<string, string>();
  for (const cell of cells.toSorted((a, b) => a.batch - b.batch))
    if (cell.state === 'failed')
      getOrMake(
        texts,
        sweepId(cell),
        () =>
          `failed: ${cell.stage}/${cell.variant} on ${cell.backend}, batch ${cell.batch}: ${failureOf(cell)}`,
      );
  return [...texts.values()];
}

/** The number of cells that were skipped for each reason. */
const skips = ({ cells }: Profile): string[] =>
  Object.entries(SKIPS).flatMap(([reason, words]) => {
    const count = cells.filter((cell) => cell.state === 'skipped' && cell.reason === reason).length;
    return count > 0 ? `skipped: ${counted(count, 'cell')}, ${words}` : [];
  });

/** @throws NoCellMeasuredError if no cell of the profile was measured */
export function checkMeasured(profile: Profile): void {
  if (measuredInOrder(profile).length === 0) throw new NoCellMeasuredError(failures(profile)[0]);
}

/** Table of the measured cells, and below it what those flags mean that a cell has, and which cells were skipped or failed. */
export function profileTable(profile: Profile): string {
  const cells = measuredInOrder(profile);
  const rows = cells.map((cell) => [
    `${cell.stage}/${cell.variant}`,
    `${cell.backend}${cell.threads > 1 ? ` ×${cell.threads}` : ''}`,
    String(cell.batch),
    ms(cell.latencyMs.p50),
    `${ms(cell.latencyMs.p50Low)}–${ms(cell.latencyMs.p50High)}`,
    ms(cell.latencyMs.p95),
    String(cell.latencyMs.n),
    ((1000 * cell.batch) / cell.latencyMs.mean).toFixed(1),
    cell.flags.join(' '),
  ]);
  const columns = ['variant', 'backend', 'batch', 'p50 ms', '95 % CI', 'p95 ms', 'n', 'items/s', 'flags'];
  const meanings = cellFlag.options
    .filter((flag) => cells.some(({ flags }) => flags.includes(flag)))
    .map((flag) => `${flag}: ${FLAGS[flag]}`);
  const notes = [...meanings, ...skips(profile), ...failures(profile)];
  return [table(columns, rows), notes.join('\n')].filter(Boolean).join('\n\n');
}
