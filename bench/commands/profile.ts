import { dirname, join } from 'node:path';
import { Command } from 'commander';
import type { Profile } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { exportProfile } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import type { Store } from '../../workers/store/store.ts';
import { Interrupted, interruptSignal } from '../exit.ts';
import { writeWhole } from '../files.ts';
import * as option from '../options.ts';
import { openRunner, type Runner } from '../runner.ts';
import { ms, ProgressLine, table } from '../terminal.ts';

export const profileCommand = () =>
  new Command('profile')
    .description('measure every variant of every stage, per backend and batch size')
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .option(
      '--backend <list>',
      'webgpu and wasm run in a browser, cpu, cuda (and webgpu with them) in Node',
      option.backends,
      ['webgpu', 'wasm'],
    )
    .option('--threads <list>', 'thread counts of CPU backends', option.counts, [1])
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

  $ ipa-edge profile --pipeline fashion --out profile.json
  $ ipa-edge profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json`,
    )
    .action(async (options) => {
      const signal = interruptSignal();
      const store = await journalBeside(options.out);
      const progress = new ProgressLine();
      const runner = await openRunner(options.backend, {
        manifestPath: option.manifestPath(options),
        store,
        signal,
        onProgress: progress.show,
      });
      try {
        const profile = await measure(runner, store, settingsOf(options), options.out, signal);
        progress.clear();
        if (options.json) console.log(exportProfile(profile));
        else console.log(`${profileTable(profile)}\n\nwrote ${options.out}`);
      } finally {
        progress.clear();
        await runner.close();
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
  runner: Runner,
  store: Store,
  settings: ProfileSettings,
  out: string,
  signal: AbortSignal,
): Promise<Profile> {
  const profile = await runner.profile(settings).catch((error) => {
    if (signal.aborted)
      throw new Interrupted('Stopped. Finished cells are kept: the same command goes on from them.', {
        cause: error,
      });
    throw error;
  });
  await writeWhole(out, `${exportProfile(profile)}\n`);
  // The file is the one copy; the store's was for the case that this process had died before it was written.
  for (const { id } of await store.listProfiles()) await store.deleteProfile(id);
  return profile;
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
