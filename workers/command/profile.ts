import { dirname, join } from 'node:path';
import { Command } from 'commander';
import type { Backend } from '../../solver/documents/common.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { ProfileProgress, ProfileSettings } from '../profiler/types.ts';
import { exportProfile } from '../store/exchange.ts';
import { openFileStore } from '../store/node.ts';
import type { Store } from '../store/store.ts';
import { Interrupted, interruptSignal } from './exit.ts';
import { writeWhole } from './files.ts';
import * as option from './options.ts';
import { ms, ProgressLine, table } from './terminal.ts';

/** What a profiler needs of the command that opens it. */
export interface ProfilerOptions {
  readonly manifestPath: string;
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: ProfileProgress): void;
}

/** What profiles for the command, wherever its sessions run. */
export interface Profiler {
  profile(settings: ProfileSettings): Promise<IdentifiedProfile>;
  close(): Promise<void>;
}

/** In what the command differs by the program that it is of. */
export interface ProfilePlace {
  readonly backends: { readonly help: string; readonly default: Backend[] };
  /** Thread counts of CPU backends, where none are asked for. */
  readonly threads: number[];
  readonly examples: string;
  open(backends: readonly Backend[], options: ProfilerOptions): Promise<Profiler>;
}

export const profileCommand = ({ backends, threads, examples, open }: ProfilePlace) =>
  new Command('profile')
    .description('measure every variant of every stage, per backend and batch size')
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .option('--backend <list>', backends.help, option.backends, backends.default)
    .option('--threads <list>', 'thread counts of CPU backends', option.counts, threads)
    .option('--batches <list>', 'batch sizes; 1 is always measured', option.counts, [1, 2, 4, 8, 16])
    .option('--budget <duration>', 'time for measuring, without loading models', option.duration, 120)
    .option(
      '--sla <ms>',
      'follow no batch that takes longer (default: by rule, from what batch 1 takes)',
      option.positive,
    )
    .option('--seed <n>', 'of the order that cells are measured in', option.integer, 1)
    .requiredOption('--out <file>', 'where the profile goes; an interrupted one goes on from there')
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
Each finished cell is kept at once: after Ctrl-C or a crash the same command goes on where it was.

${examples}`,
    )
    .action(async (options) => {
      const signal = interruptSignal();
      const store = await journalBeside(options.out);
      const progress = new ProgressLine();
      const profiler = await open(options.backend, {
        manifestPath: option.manifestPath(options),
        store,
        signal,
        onProgress: progress.show,
      });
      try {
        const { profile } = await measure(profiler, store, settingsOf(options), options.out, signal);
        progress.clear();
        if (options.json) console.log(exportProfile(profile));
        else console.log(`${profileTable(profile)}\n\nwrote ${options.out}`);
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

/** The journal of a profile lies in a folder beside what it becomes. */
export const journalBeside = (out: string): Promise<Store> => openFileStore(join(dirname(out), '.ipa-edge'));

/** Profiles and writes the file. @throws Interrupted where the signal was aborted, with what was finished kept */
export async function measure(
  profiler: Pick<Profiler, 'profile'>,
  store: Store,
  settings: ProfileSettings,
  out: string,
  signal: AbortSignal,
): Promise<IdentifiedProfile> {
  const measured = await profiler.profile(settings).catch((error) => {
    if (signal.aborted)
      throw new Interrupted('Stopped. Finished cells are kept: the same command goes on from them.', {
        cause: error,
      });
    throw error;
  });
  await writeWhole(out, `${exportProfile(measured.profile)}\n`);
  // The file is the one copy; the store's was for the case that this process had died before it was written.
  for (const { id } of await store.listProfiles()) await store.deleteProfile(id);
  return measured;
}

/** What was measured, a line per cell. */
export function profileTable(profile: Profile): string {
  const rows = profile.cells
    .filter((cell) => cell.state === 'measured')
    .sort(
      (a, b) =>
        order(profile, a) - order(profile, b) ||
        a.backend.localeCompare(b.backend) ||
        a.threads - b.threads ||
        a.batch - b.batch,
    )
    .map((cell) => [
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
  return table(['variant', 'backend', 'batch', 'p50 ms', '95 % CI', 'p95 ms', 'n', 'items/s', 'flags'], rows);
}

function order({ stages }: Profile, cell: { stage: string; variant: string }): number {
  const s = stages.findIndex((stage) => stage.name === cell.stage);
  return 1000 * s + stages[s]!.variants.findIndex((variant) => variant.name === cell.variant);
}
