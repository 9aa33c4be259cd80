import { type AccuracyMethod, accuracyMethod } from '../../../solver/documents/plan.ts';
import type { Problem } from '../../../solver/documents/problem.ts';
import { seededRandom } from '../../../solver/math/random.ts';
import { instance, type Kind } from '../instances.ts';

const KINDS: Kind[] = ['pipeline', 'uncorrelated', 'correlated', 'integer'];
const pick = <T>(values: readonly T[], random: () => number): T =>
  values[Math.floor(random() * values.length)]!;

/** A small problem of any kind, drawn by its seed alone. */
export function small(seed: number): Problem {
  const random = seededRandom(1_000_000 + seed);
  const batches = pick([1, 2, 4], random);
  return instance(seed, {
    kind: pick(KINDS, random),
    stages: 1 + Math.floor(random() * 4),
    variants: 1 + Math.floor((random() * 8) / batches),
    batches,
    accuracy: pick<AccuracyMethod>(accuracyMethod.options, random),
    capacities: random() < 0.5,
    slaAt: pick([-0.05, 0.02, 0.2, 0.5, 0.9, 1.5], random),
    capacityAt: pick([0.05, 0.3, 1, 3, 8], random),
  });
}
