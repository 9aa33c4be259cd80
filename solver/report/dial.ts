import { bestForCost } from '../math/pareto.ts';

/** The outcome of one run: PAS and cost are means over time; `slaAttainment` is the fraction of requests that kept the SLA. */
export interface SystemOutcome {
  readonly pas: number;
  readonly cost: number;
  readonly slaAttainment: number;
}

/**
 * The outcome that a system reaches at a given PAS, read off its runs with several weights of cost. Between two runs, the outcome
 * is their mean over time, as if each served for part of the time. If the cheapest run has a higher PAS, its outcome counts;
 * undefined if no run has so high a PAS.
 */
export function atPas(runs: readonly SystemOutcome[], pas: number): SystemOutcome | undefined {
  const best = bestRuns(runs);
  const above = best.findIndex((run) => run.pas >= pas);
  if (above < 0) return undefined;
  if (above === 0) return best[0]!;
  const [low, high] = [best[above - 1]!, best[above]!];
  return mixture(low, high, (pas - low.pas) / (high.pas - low.pas));
}

/**
 * Like {@link atPas}, but at a given cost. If the most accurate run costs less, its outcome counts; undefined if every run costs
 * more.
 */
export function atCost(runs: readonly SystemOutcome[], cost: number): SystemOutcome | undefined {
  const best = bestRuns(runs);
  const above = best.findIndex((run) => run.cost > cost);
  if (above === 0) return undefined;
  if (above < 0) return best.at(-1);
  const [low, high] = [best[above - 1]!, best[above]!];
  return mixture(low, high, (cost - low.cost) / (high.cost - low.cost));
}

/** The runs that no other beats in both PAS and cost, from the cheapest to the most accurate. */
const bestRuns = (runs: readonly SystemOutcome[]): SystemOutcome[] => bestForCost(runs, ({ pas }) => pas);

const mixture = (a: SystemOutcome, b: SystemOutcome, share: number): SystemOutcome => {
  const between = (of: keyof SystemOutcome) => a[of] + share * (b[of] - a[of]);
  return { pas: between('pas'), cost: between('cost'), slaAttainment: between('slaAttainment') };
};
