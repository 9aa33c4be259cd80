import { describe, expect, test } from 'vitest';
import { backendSets } from '../../bench/comparison/backend-sets.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { Interrupted } from '../../workers/command/exit.ts';
import { identify } from '../../workers/store/exchange.ts';
import { cell, profile, runs } from '../solver/profiles.ts';

const solver = await loadSolver();
const flags = { sla: 100, rate: 5, duration: 2, seed: 1 };

const slow = [cell('detect', 's', 'webgpu', 1, runs(200)), cell('classify', 's', 'webgpu', 1, runs(200))];
const differing = [
  cell('detect', 's', 'webgpu', 1, runs(2)),
  cell('classify', 's', 'webgpu', 1, runs(2), {
    outputs: { maxAbsError: 1, agree: false },
    flags: ['output-mismatch'],
  }),
];
const fast = [cell('detect', 's', 'cpu', 1, runs(5)), cell('classify', 's', 'cpu', 1, runs(3))];

/** Plans of a bench for `webgpu,cpu`, with the texts that it says. */
async function setsOf(cells: Parameters<typeof profile>[0], signal = new AbortController().signal) {
  const said: string[] = [];
  const { device } = profile(cells);
  const adapter = { vendor: 'v', architecture: 'a', description: 'd', software: false };
  const measured = await identify(profile(cells, { device: { ...device, adapter } }));
  const progress = { share() {}, clear() {} };
  const attended = { say: (text: string) => void said.push(text), progress, signal };
  const sets = await backendSets(solver, measured, ['webgpu', 'cpu'], flags, attended);
  return { backends: sets.map((set) => set.backends), said };
}

describe('a bench of several backends', () => {
  test('plans for the first backend alone and for all together', async () => {
    const alone = fast.map((one) => ({ ...one, backend: 'webgpu' as const }));
    expect(await setsOf([...alone, ...fast])).toEqual({
      backends: [['webgpu'], ['webgpu', 'cpu']],
      said: [],
    });
  });

  test.each([
    ['is too slow by itself', slow, /^webgpu alone is left out: No plan meets 100 ms/],
    ['cannot run a stage', differing, /^webgpu alone is left out: Stage classify has nothing to plan/],
  ])('says why, and goes on with all together, if the first %s', async (_, first, why) => {
    const { backends, said } = await setsOf([...first, ...fast]);
    expect(backends).toEqual([['webgpu', 'cpu']]);
    expect(said).toEqual([expect.stringMatching(why)]);
  });

  test('fails if all together have no plan either', async () => {
    const none = [...slow, ...slow.map((one) => ({ ...one, backend: 'cpu' as const }))];
    await expect(setsOf(none)).rejects.toThrow(InfeasiblePlanError);
  });

  test('ends at a Ctrl-C that comes while it plans', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(setsOf(fast, controller.signal)).rejects.toThrow(Interrupted);
  });
});
