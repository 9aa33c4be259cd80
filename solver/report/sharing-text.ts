import { onGpu } from '../documents/common.ts';
import { type Plan, stageNameOf } from '../documents/plan.ts';

/** A sentence if all stages of a plan on a CPU share one worker; none if they do not. */
export const sharingSentences = ({ stages, workers }: Pick<Plan, 'stages' | 'workers'>): string[] =>
  workers.flatMap(({ backend, threads, stages: held }) => {
    const names = [...new Set(stages.filter(({ name }) => held.includes(name)).map(stageNameOf))];
    if (onGpu(backend) || names.length === 1) return [];
    return [
      `One worker runs ${names.slice(0, -1).join(', ')} and ${names.at(-1)} in turn, so that together they cost ` +
        `${threads === 1 ? '1 core' : `${threads} cores`}.`,
    ];
  });
