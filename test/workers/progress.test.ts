import { describe, expect, it } from 'vitest';
import type { Cell } from '../../solver/documents/cell.ts';
import { Progress } from '../../workers/profiler/progress.ts';
import type { ProfileProgress } from '../../workers/profiler/types.ts';
import { fashionProfile } from '../web/fixtures.ts';
import { replayProfile } from './replayed-profile.ts';

const whole = fashionProfile(1, [1, 2, 4, 8, 16]);
/** Stored times of one backend. */
const stored = { ...whole, cells: whole.cells.filter(({ backend }) => backend === 'wasm') };

/** An error of the time left, in ms, that no user minds. */
const NO_MATTER_MS = 3000;

/** Budgets in s, from far too short for all cells to longer than they can use. */
const BUDGETS = [5, 15, 60, 120, 600];

describe.each(BUDGETS)('the progress of a profile with a budget of %i s', (budgetS) => {
  const { told } = replayProfile(stored, budgetS);

  it('never falls back, and its time left never rises', () => {
    for (const [i, now] of told.entries()) {
      const before = told[i - 1];
      expect(now.share).toBeGreaterThanOrEqual(before?.share ?? 0);
      expect(now.share).toBeLessThanOrEqual(1);
      if (before?.timeLeftMs != null) expect(now.timeLeftMs).toBeLessThanOrEqual(before.timeLeftMs);
      if (before?.phase !== now.phase) continue;
      expect(now.done).toBeGreaterThanOrEqual(before.done);
      expect(now.total).toBe(before.total);
    }
  });

  it('counts each cell once, and ends with all of them', () => {
    const { length } = stored.cells.filter(({ state }) => state === 'measured');
    const cells = told.filter(({ phase }) => phase === 'cells');
    expect(cells.map(({ done }) => done)).toEqual(cells.map((_, i) => i + 1));
    expect(cells.at(-1)).toMatchObject({ done: length, total: length });
    for (const now of told.filter(({ phase }) => phase === 'refine'))
      expect(now).toMatchObject({ done: length, total: length });
  });
});

/** The longest budget is missing: its profile ends before, when its figures are certain, and cannot foresee when that is. */
describe.each(BUDGETS.slice(0, -1))('with a budget of %i s, which it needs, the progress', (budgetS) => {
  const { told, endMs } = replayProfile(stored, budgetS);

  it('tells from its first third on how much time is left, within a quarter', () => {
    for (const { atMs, timeLeftMs, phase } of told) {
      if (atMs < endMs / 3) continue;
      const leftMs = endMs - atMs;
      expect(Math.abs(timeLeftMs! - leftMs), `${phase}, ${leftMs} of ${endMs} ms left`).toBeLessThanOrEqual(
        Math.max(0.25 * leftMs, NO_MATTER_MS),
      );
    }
  });
});

describe('the progress of a profile that goes on', () => {
  const cells: Cell[] = stored.cells.slice(0, 16);
  const begun = () => {
    const told: ProfileProgress[] = [];
    const progress = new Progress(60_000, 'wasm', { now: () => 0 }, (now) => told.push(now));
    progress.plan({ cells, smallest: 1, coRuns: 0 });
    progress.begin('cells');
    return { told, progress };
  };

  it('begins where the cells are that were kept', () => {
    const { told, progress } = begun();
    for (const cell of cells.slice(0, 8)) progress.recall(cell);
    expect(told.at(-1)).toMatchObject({ done: 8, total: 16 });
    expect(told.at(-1)!.share).toBeGreaterThan(0.15);
  });

  it('counts cells that turn out not to be needed as done', () => {
    const { told, progress } = begun();
    progress.step(cells[0]!);
    progress.drop(cells.slice(10));
    progress.step(cells[1]!);
    expect(told.map(({ done, total }) => [done, total])).toEqual([
      [1, 16],
      [8, 16],
    ]);
  });
});
