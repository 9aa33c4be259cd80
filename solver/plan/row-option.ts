import type { MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import { accuracyOf } from '../documents/profile.ts';
import type { CellFacts } from './cell-facts.ts';
import { NoAccuracyError } from './errors.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import type { StageFacts } from './stage-facts.ts';

/** One way to run a variant of a stage; symbols are those of solver/README.md, "Planning". */
export interface RowOption {
  readonly cell: MeasuredCell;
  readonly sha256: string;
  readonly accuracy: number;
  /** λ f: items that reach the variant per second. */
  readonly itemsPerS: number;
  /** m: mean time of a whole batch, inference and handling together. */
  readonly meanMs: number;
  /** l: time of a whole batch at the percentile that the SLA bounds. */
  readonly latencyMs: number;
  /** n: number of replicas. */
  readonly replicas: number;
  /** Share of the time that each replica is busy. Above 1 the replicas never keep up. On a GPU there is only one replica. */
  readonly utilisation: number;
  /** Time that the first item of a batch waits for the last: 1000 (b − 1) / (λ f). */
  readonly waitMs: number;
  /** T: the variant's part of the latency bound. In the first stage it includes a request's time outside the models. */
  readonly boundMs: number;
  /** g: share of the GPU's time; 0 on a CPU. */
  readonly gpuShare: number;
  /**
   * Cores that the option holds; 0 on a GPU. In shared workers: threads × the mean number of workers that the option keeps busy.
   */
  readonly cores: number;
  /** Cores that are busy on average: with the batches, unless they run on a GPU, and with serving. */
  readonly busyCores: number;
  /** Share of the time of the thread that serves requests and hands out batches. */
  readonly threadShare: number;
  readonly cost: number;
  readonly memoryBytes: number;
  /**
   * Switch cost in the objective: η · switchMs / horizonMs + β · price of the replaced cores · share of the time they are still
   * held.
   */
  readonly switchCost: number;
  /** The cell of the standby; absent: the row has none. */
  readonly standby?: CellFacts;
}

/** A value this little above an integer counts as that integer, so that a rounding error adds no replica. */
export const ROUNDING = 1e-9;

/** The fixed number of a stage's replicas; undefined if the stage gets as many as it needs. */
export const fixedReplicas = (stage: string, { keep, replicas }: PlanRequest): number | undefined =>
  keep?.stages.find(({ name }) => name === stage)?.replicas ?? replicas?.[stage];

/** The number of CPU replicas that keep up. @param busy share of the time that a single replica would be busy; may exceed 1 */
export const replicasFor = (
  busy: number,
  { resources, shared }: Pick<IlpRequest, 'resources' | 'shared'>,
): number => shared?.workers ?? Math.max(1, Math.ceil(busy / resources.utilisationMax - ROUNDING));

/** What a row of a plan runs: all items of a stage, or those that escalate to its heavy variant. */
interface Row extends Pick<StageFacts, 'name' | 'items' | 'request'> {
  /** Whether the row is a cascade's heavy variant. */
  readonly escalated?: boolean;
}

/** The workers in which a row runs. */
interface Place {
  /** The stage's part of the cores that shared workers hold. */
  readonly heldPart: number;
  /** Number of rows of the stage; 1 by default. */
  readonly rows?: number;
  /**
   * Set if both rows of a cascade run in the same workers: the number of workers, the busy time of both rows, and this row's part
   * of it.
   */
  readonly together?: { readonly replicas: number; readonly busy: number; readonly part: number };
}

/**
 * The option to run a row with the variant, backend, threads and batch size of a cell.
 * @throws NoAccuracyError
 */
export function rowOption(
  row: Row,
  facts: CellFacts,
  request: IlpRequest,
  { heldPart, rows = 1, together }: Place,
): RowOption {
  const { resources, ratePerS } = request;
  const { cell, variant, meanMs, latencyMs, standby } = facts;
  const { items } = row;
  const itemsPerS = ratePerS * items.mean;
  // Share of the time that a single session would be busy with all items of the row; may exceed 1.
  const busy = (itemsPerS * meanMs) / (1000 * cell.batch);
  const accuracy = accuracyOf(variant);
  if (accuracy === null) throw new NoAccuracyError(row.name, variant.name);
  const gpu = onGpu(cell.backend);
  const replicas =
    together?.replicas ?? fixedRowReplicas(row, request) ?? (gpu ? 1 : replicasFor(busy, request));
  const waitMs = itemsPerS > 0 ? (1000 * (cell.batch - 1)) / itemsPerS : 0;
  const gpuShare = gpu ? busy : 0;
  const cores = gpu ? 0 : (request.shared ? busy : replicas * (together?.part ?? 1)) * cell.threads;
  const batchesPerS = itemsPerS / cell.batch;
  // Shared workers hold their cores even while no stage uses them.
  const heldCores = gpu || !request.shared ? cores : (replicas * cell.threads * heldPart) / rows;
  return {
    cell,
    sha256: variant.sha256,
    accuracy,
    itemsPerS,
    meanMs,
    latencyMs,
    replicas,
    utilisation: (together?.busy ?? busy) / replicas,
    waitMs,
    boundMs:
      Math.ceil(items.atPercentile / (cell.batch * replicas)) * latencyMs + waitMs + row.request.latencyMs,
    gpuShare,
    cores,
    busyCores:
      (gpu ? 0 : busy * cell.threads) + (batchesPerS * facts.hostMs + ratePerS * row.request.hostMs) / 1000,
    threadShare: (batchesPerS * facts.threadMs + ratePerS * row.request.threadMs) / 1000,
    cost: resources.pricePerCore * heldCores + resources.pricePerGpu * gpuShare,
    memoryBytes: (variant.sizeBytes + (standby?.variant.sizeBytes ?? 0)) * replicas,
    switchCost: request.current === undefined ? 0 : switchCost(row, cell, request, request.current),
    ...(standby && { standby }),
  };
}

/** The cost of a switch to a cell, in the unit of the objective. @param running the variants that run now */
function switchCost(
  { name: stage, escalated }: Row,
  { variant, backend, threads, cold }: MeasuredCell,
  { objective, resources, shared, heldTwice = 0 }: IlpRequest,
  running: NonNullable<PlanRequest['current']>,
): number {
  const current = running.find(({ name, escalation }) => (escalated ? escalation?.from : name) === stage);
  const stays = current?.variant === variant && current.backend === backend;
  const switchMs = stays ? 0 : cold.loadMs + cold.createMs + cold.firstRunMs;
  // The heavy variant of a cascade mostly runs in the light variant's workers, which the light row counts.
  const holdsCores = current && !shared && !escalated && !onGpu(current.backend);
  const replaced =
    holdsCores && !(stays && current.threads === threads) ? current.threads * current.replicas : 0;
  return (
    (objective.eta * switchMs) / objective.horizonMs +
    objective.beta * resources.pricePerCore * replaced * heldTwice
  );
}

/**
 * The number of replicas that the request fixes for a row in workers of its own: the number in the plan to keep or, for a stage's
 * first row, in `replicas`. Undefined if the row gets as many as it needs.
 */
const fixedRowReplicas = ({ name, escalated }: Row, request: IlpRequest): number | undefined =>
  escalated
    ? request.keep?.stages.find(({ escalation }) => escalation?.from === name)?.replicas
    : fixedReplicas(name, request);
