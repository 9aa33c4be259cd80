import { expect, test } from 'vitest';
import type { Plan } from '../../../solver/documents/plan.ts';
import { loadSolver } from '../../../solver/ilp/solve.ts';
import { plan } from '../../../solver/plan/planner.ts';
import { sharingSentences } from '../../../solver/report/sharing-text.ts';
import { cascadeProfile, wellCalibrated } from '../cascades.ts';
import { request } from '../profiles.ts';

test('a sentence tells of a worker that several stages share; the two variants of a cascade are one stage', async () => {
  const solver = await loadSolver();
  const measured = { profile: cascadeProfile(wellCalibrated()), sha256: '0'.repeat(64) };
  const shared = plan(solver, measured, request());
  expect(sharingSentences(shared)).toEqual([
    'One worker runs detect and classify in turn, so that together they cost 1 core.',
  ]);
  const own = plan(solver, measured, request({ ratePerS: 60, slaMs: 400, sharing: false }));
  expect(own.stages).toHaveLength(3);
  expect(sharingSentences(own)).toEqual([]);
});

test('a sentence tells how many workers hold all stages', () => {
  const held = { backend: 'cpu', threads: 2, stages: ['detect', 'classify'] } as const;
  const workers = ['cpu-0', 'cpu-1'].map((id) => ({ id, ...held, stages: [...held.stages] }));
  const stages = held.stages.map((name) => ({ name })) as Plan['stages'];
  expect(sharingSentences({ stages, workers })).toEqual([
    'Each of 2 workers runs detect and classify in turn, so that together they cost 4 cores.',
  ]);
});
