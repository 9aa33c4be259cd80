import { onGpu } from '../documents/common.ts';
import { paretoBest } from '../frontier/pareto.ts';
import type { CellFacts } from './cell-facts.ts';
import { type PlanOption, totalsOf, utilisationOf } from './plan-option.ts';
import type { IlpRequest } from './request.ts';
import { ceil, fixedReplicas, rowOption } from './row-option.ts';
import { type CascadeFacts, NO_REQUEST_COST, type StageFacts } from './stage-facts.ts';

/**
 * The options of a cascade at its threshold, without those that another of them equals or beats in everything. Two variants on a
 * CPU with the same threads sit in the same workers, unless stages run in pods: a share of a replica would cost a whole one.
 */
export function cascadeOptions(
  stage: StageFacts,
  { below, accuracy, items, lightCells, heavyCells }: CascadeFacts,
  request: IlpRequest,
  stages: number,
): PlanOption[] {
  const { resources, sharedThreads, apart, ratePerS } = request;
  const heavyRow = { name: stage.name, items, request: NO_REQUEST_COST, escalated: true };
  const share = stage.items.mean === 0 ? 0 : Math.min(1, items.mean / stage.items.mean);
  const alone = { stages, rows: 2 };
  const lights = lightCells.map((facts) => rowOption(stage, facts, request, alone));
  const heavies = heavyCells.map((facts) => rowOption(heavyRow, facts, request, alone));
  const busyOf = (per: number, { cell, meanMs }: CellFacts) =>
    (ratePerS * per * meanMs) / (1000 * cell.batch);
  const all = lightCells.flatMap((light, i) =>
    heavyCells.map((heavy, k): PlanOption => {
      const together =
        apart === undefined &&
        sharedThreads === undefined &&
        !onGpu(light.cell.backend) &&
        light.cell.backend === heavy.cell.backend &&
        light.cell.threads === heavy.cell.threads;
      if (!together) return { ...lights[i]!, cascade: { heavy: heavies[k]!, below, share, accuracy } };
      const [first, second] = [busyOf(stage.items.mean, light), busyOf(items.mean, heavy)];
      const busy = first + second;
      const replicas =
        fixedReplicas(stage.name, request) ?? Math.max(1, ceil(busy / resources.utilisationMax));
      const place = (own: number) => ({
        ...alone,
        together: { replicas, busy, part: busy > 0 ? own / busy : 0.5 },
      });
      return {
        ...rowOption(stage, light, request, place(first)),
        cascade: { heavy: rowOption(heavyRow, heavy, request, place(second)), below, share, accuracy },
      };
    }),
  );
  return undominated(all);
}

/** The totals by which options of equal accuracy are compared. */
const TOTALS = [
  'latencyMs',
  'cost',
  'batch',
  'gpuShare',
  'cores',
  'busyCores',
  'threadShare',
  'memoryBytes',
  'switchCost',
] as const;

/** Options of equal accuracy without those that another equals or beats in every total. Of equal ones one stays. */
function undominated(options: readonly PlanOption[]): PlanOption[] {
  const width = TOTALS.length + 1;
  const table = new Float64Array(options.length * width);
  for (const [o, option] of options.entries()) {
    const totals = totalsOf(option);
    for (const [t, total] of TOTALS.entries()) table[o * width + t] = totals[total];
    table[o * width + TOTALS.length] = utilisationOf(option);
  }
  return paretoBest(table, width, options.length, options.length)!.map((o) => options[o]!);
}
