import { describe, expect, test } from 'vitest';
import { withFiles } from '../../models/manifests/load.ts';
import type { Cell } from '../../solver/documents/cell.ts';
import { type ProfileOptions, profile } from '../../workers/profiler/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import type { JournalEntry } from '../../workers/store/exchange.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import type { Store } from '../../workers/store/store.ts';
import { loadSmallFashion } from './fashion.ts';
import { environment, withRuns } from './with-runs.ts';

const models = await loadSmallFashion();
const settings: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 };
/** Longer than any run of these models takes; no test waits for it. */
const LONG_MS = 1e6;

/** Profiles until the journal gets an entry for which `isEnd` returns true. @returns the store of the journal */
async function profileUntil(
  isEnd: (entry: JournalEntry) => boolean,
  options: Omit<ProfileOptions, 'store'>,
): Promise<Store> {
  const store = new MemoryStore();
  const append = store.append.bind(store);
  const controller = new AbortController();
  store.append = async (journal, entry) => {
    await append(journal, entry);
    if (isEnd(entry)) controller.abort(new Error('stopped'));
  };
  const stopped = profile({ ...options, store, signal: controller.signal });
  await expect(stopped).rejects.toThrow('stopped');
  return store;
}

test('a profile that goes on takes no samples of its new sessions until they are warm', async () => {
  const few = { ...settings, budgetS: 0.001 };
  const store = await profileUntil(({ kind }) => kind === 'co-run', { models, environment, settings: few });
  /** By how many ms each of the next runs of a session takes longer, by the session's key. */
  const cold = new Map<string, number[]>();
  const coldAtFirst = withRuns(
    (key) => cold.has(key) || cold.set(key, [4 * LONG_MS, 2 * LONG_MS, LONG_MS]),
    (key) => cold.get(key)!.shift() ?? 0,
  );
  const { cells } = await profile({ models, environment: coldAtFirst, store, settings });
  expect(cold.size).toBeGreaterThan(0);
  for (const cell of cells) expect(cell.state === 'measured' && cell.latencyMs.max).toBeLessThan(LONG_MS);
});

test('drift is noticed where the models of a pipeline do not fit in a worker together', async () => {
  const manifest = structuredClone(models.manifest);
  for (const { sessions } of manifest.stages.flatMap(({ variants }) => variants))
    for (const file of Object.values(sessions)) file.sizeBytes = 600 * 2 ** 20;
  const cells: Cell[] = [];
  await profileUntil((entry) => entry.kind === 'cell' && cells.push(entry.cell) === 12, {
    models: { ...withFiles(manifest, models.readVerified), readPack: models.readPack },
    environment: withRuns(
      () => {},
      () => (cells.length === 0 ? LONG_MS : 2 * LONG_MS),
    ),
    settings: { ...settings, batches: [1, 2, 4], budgetS: 600, slaMs: 10 * LONG_MS },
  });
  const flagged = cells.map((cell) => cell.state === 'measured' && cell.flags.includes('drift'));
  expect(flagged).toEqual([...Array(8).fill(false), ...Array(4).fill(true)]);
});

describe('a profile that goes on to take more samples', () => {
  const isPauses = ({ kind }: JournalEntry) => kind === 'pauses';
  const few = { ...settings, budgetS: 0.001 };

  test('takes no more of a cell that fails, and more of the others', async () => {
    const store = await profileUntil(isPauses, { models, environment, settings: few });
    let failures = 0;
    const failing = withRuns((key) => {
      if (key !== 'detect/det4') return;
      failures++;
      throw new Error('this session fails');
    });
    const { cells } = await profile({ models, environment: failing, store, settings });
    expect(failures).toBe(1);
    const samples = (name: string) =>
      cells.flatMap((cell) => (cell.variant === name && cell.state === 'measured' ? cell.latencyMs.n : []));
    expect(samples('det4')).toEqual([5]);
    expect(samples('mlp64')[0]).toBeGreaterThan(5);
  });

  test('flags a cell once, however often the page was hidden', async () => {
    const hidden = { ...environment, hidden: () => true };
    const store = await profileUntil(isPauses, { models, environment: hidden, settings: few });
    const { cells } = await profile({ models, environment: hidden, store, settings });
    for (const cell of cells)
      expect(cell.state === 'measured' && cell.flags.filter((flag) => flag === 'hidden-page')).toHaveLength(
        1,
      );
  });
});
