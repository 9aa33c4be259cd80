import { onGpu } from '../documents/common.ts';
import { cpuCoresOf, type Plan, stageNameOf } from '../documents/plan.ts';
import { counted } from '../math/figures.ts';

/** A sentence if all stages of a plan on a CPU share workers; none if each worker holds one stage. */
export function sharingSentences({ stages, workers }: Pick<Plan, 'stages' | 'workers'>): string[] {
  const onCpu = workers.filter(({ backend }) => !onGpu(backend));
  const { stages: held = [] } = onCpu[0] ?? {};
  const names = [...new Set(stages.filter(({ name }) => held.includes(name)).map(stageNameOf))];
  if (names.length < 2) return [];
  const who = onCpu.length === 1 ? 'One worker runs' : `Each of ${onCpu.length} workers runs`;
  return [
    `${who} ${names.slice(0, -1).join(', ')} and ${names.at(-1)} in turn, so that together they cost ` +
      `${counted(cpuCoresOf({ workers }), 'core')}.`,
  ];
}
