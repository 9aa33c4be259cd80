/**
 * Times planning with simulation, as in `ipa-edge plan`, for random pipelines on a CPU cluster with log-normal service times:
 * `npm run bench:planner`. In half of the pipelines a request has 0 to 4 items per stage instead of one.
 */

import { keepsSla } from '../../solver/documents/plan.ts';
import { loadSolver } from '../../solver/ilp/solve.ts';
import { seededRandom } from '../../solver/math/random.ts';
import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { plan } from '../../solver/plan/planner.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { pipeline } from '../../test/solver/pipelines.ts';
import { request, resources } from '../../test/solver/profiles.ts';

const PLANS = 30;
const BATCHES = [1, 2, 4, 8, 16];
const THREADS = [1, 2, 4];
const SIZES = [
  { stages: 2, variants: 6 },
  { stages: 3, variants: 6 },
  { stages: 10, variants: 10 },
];
/** SLAs to plan for, as shares of what `slaByRule` gives. */
const SLA_SHARES = [1, 0.5];

function madeUp(stages: number, variants: number, seed: number) {
  const random = seededRandom(seed);
  return pipeline({
    stages: Object.fromEntries(
      Array.from({ length: stages }, (_, s) => {
        const ms = 5 + 35 * random();
        const accuracy = 0.6 + 0.2 * random();
        const facts = (v: number) => ({ ms: ms * 1.4 ** v, accuracy: accuracy + (0.19 * v) / variants });
        return [
          `stage${s}`,
          Object.fromEntries(Array.from({ length: variants }, (__, v) => [`v${v}`, facts(v)])),
        ];
      }),
    ),
    batches: BATCHES,
    threads: THREADS,
    spread: 1.2 + 1.8 * random(),
    items: random() < 0.5 ? [1] : [0, 1, 1, 2, 4],
  });
}

const solver = await loadSolver();
const rows = SIZES.flatMap(({ stages, variants }) =>
  SLA_SHARES.map((share) => {
    const took: number[] = [];
    const tightened: number[] = [];
    let confirmed = 0;
    for (let seed = 1; took.length < PLANS && seed < 4 * PLANS; seed++) {
      const profile = madeUp(stages, variants, seed);
      const names = profile.stages.map(({ name }) => name);
      const asked = request({
        slaMs: share * slaByRule(profile.cells, names, profile.fanOut),
        ratePerS: 5 + (seed % 10) * 10,
        percentile: seed % 2 ? 95 : 99,
        resources: resources({ cores: 600, gpus: 0 }),
      });
      const beganMs = performance.now();
      try {
        const found = plan(solver, { profile, sha256: '0'.repeat(64) }, asked);
        took.push(performance.now() - beganMs);
        tightened.push(found.predicted.tightened);
        if (keepsSla(found)) confirmed++;
      } catch (error) {
        if (!(error instanceof InfeasiblePlanError)) throw error;
      }
    }
    const sorted = sortedNumbers(took);
    return {
      'stages × options': `${stages} × ${variants * BATCHES.length * THREADS.length}`,
      'SLA ÷ rule': share,
      plans: took.length,
      confirmed,
      'median tightened': nearestRank(sortedNumbers(tightened), 50),
      'median ms': Math.round(nearestRank(sorted, 50)),
      'p95 ms': Math.round(nearestRank(sorted, 95)),
      'worst ms': Math.round(sorted.at(-1)!),
    };
  }),
);
console.table(rows);
