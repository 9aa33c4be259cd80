/**
 * Simulates the goodput of plans for the paper's pipelines under loads above their capacity, as fractions of the capacity of the
 * slowest stage: `npm run bench:shedding`. The result depends on the rule for shedding, not on the machine.
 */
import { loadSolver } from '../../solver/ilp/solve.ts';
import { plan } from '../../solver/plan/planner.ts';
import { table } from '../../workers/command/terminal.ts';
import { constantLoad } from '../../workers/executor/load.ts';
import { PIPELINES, subject } from '../adaptation/subjects.ts';
import { simulated } from './plans.ts';

const RATES_PER_S = [10, 30];
const OVERLOADS = [1.05, 1.15, 1.3, 1.6, 2, 3];
const DURATION_S = 150;
const SEED = 1;

const solver = await loadSolver();
const rows: string[][] = [];
const shares: number[] = [];
for (const name of PIPELINES.filter((one) => one !== 'fashion')) {
  const { profile, request } = await subject(name);
  for (const ratePerS of RATES_PER_S) {
    const made = plan(solver, { profile, sha256: '0'.repeat(64) }, { ...request, ratePerS });
    const carriesPerS = Math.min(
      ...made.stages.map(
        ({ batch, replicas, serviceMs, itemsPerS }) =>
          ((1000 * batch * replicas) / serviceMs.at(-1)!.meanMs) * (ratePerS / itemsPerS),
      ),
    );
    const kept = OVERLOADS.map((overload) => {
      const { requests } = simulated(
        made,
        profile,
        constantLoad(overload * carriesPerS, DURATION_S, SEED),
        SEED,
      );
      const good = requests.filter(({ latencyMs }) => latencyMs !== null && latencyMs <= made.slaMs).length;
      return good / DURATION_S / carriesPerS;
    });
    shares.push(...kept);
    rows.push([name, carriesPerS.toFixed(1), ...kept.map((share) => share.toFixed(3))]);
  }
}
console.log(table(['plan', 'carries/s', ...OVERLOADS.map((overload) => `× ${overload}`)], rows));
const mean = Math.exp(shares.reduce((sum, share) => sum + Math.log(share), 0) / shares.length);
console.log(`geometric mean ${mean.toFixed(3)}, least ${Math.min(...shares).toFixed(3)}`);
