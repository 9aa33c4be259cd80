import { type CellFlag, cellId, type MeasuredCell } from '../documents/cell.ts';
import { onGpu } from '../documents/common.ts';
import type { Problem, ProblemOption } from '../documents/problem.ts';
import { accuracyOf, type Profile } from '../documents/profile.ts';
import { NoAccuracyError } from './errors.ts';
import type { IlpRequest, PlanRequest } from './request.ts';
import { type CascadeFacts, type CellFacts, FREE, type StageFacts, stageFacts } from './stage-facts.ts';

/** One way to run a variant of a stage; symbols are those of the README, "Planning". */
export interface RowOption {
  readonly cell: MeasuredCell;
  readonly sha256: string;
  readonly accuracy: number;
  /** λ f: items that reach the variant per second. */
  readonly itemsPerS: number;
  /** m: mean time of a whole batch, inference and handling together. */
  readonly meanMs: number;
  /** l: time of a whole batch at the request's percentile. */
  readonly latencyMs: number;
  /** n: number of replicas. */
  readonly replicas: number;
  /** Share of the time that each replica is busy. Above 1 the replicas never keep up. On a GPU there is only one replica. */
  readonly utilisation: number;
  /** Time that the first item of a batch waits for the last: 1000 (b − 1) / (λ f). */
  readonly waitMs: number;
  /** T: the variant's part of the latency bound. The first stage's has what a request takes outside the models, too. */
  readonly boundMs: number;
  /** g: share of the GPU's time; 0 on a CPU. */
  readonly gpuShare: number;
  /** Cores that the option holds; 0 on a GPU. In a worker that others share: its threads × the share of its time. */
  readonly cores: number;
  /** Cores that are busy on average: with the batches, unless they run on a GPU, and with serving. */
  readonly busyCores: number;
  /** Share of the time of the thread that serves requests and hands out batches. */
  readonly threadShare: number;
  readonly cost: number;
  readonly memoryBytes: number;
  /** Switch cost in the objective: η · switchMs / horizonMs. */
  readonly switchCost: number;
  /** Flags of the cell, and `few-samples` if it has too few samples for the request's percentile. */
  readonly flags: readonly CellFlag[];
}

/** One way to run a stage: with one variant, or with a cascade, whose light variant comes first. */
export interface PlanOption extends RowOption {
  readonly cascade?: {
    readonly heavy: RowOption;
    readonly below: number;
    /** Expected share of the stage's items that escalate. */
    readonly share: number;
    /** Accuracy of both variants together, a lower confidence bound. */
    readonly accuracy: number;
  };
}

export interface PlanOptions {
  readonly problem: Problem;
  /** For each stage, its options by their ids in the problem. */
  readonly byId: readonly ReadonlyMap<string, PlanOption>[];
  /** One sentence for each stage whose items no option can keep up with; the problem has no options for those stages. */
  readonly overloaded: readonly string[];
}

/** The rows of a plan that an option makes: one, or two for a cascade. */
export const rowsOf = ({ cascade, ...light }: PlanOption): readonly RowOption[] =>
  cascade ? [light, cascade.heavy] : [light];

/** Accuracy of the stage with an option. */
export const stageAccuracy = ({ accuracy, cascade }: PlanOption): number => cascade?.accuracy ?? accuracy;

/** The largest utilisation of a replica. The variants of a cascade on a GPU share it. */
function utilisationOf(option: PlanOption): number {
  const rows = rowsOf(option);
  const busiest = Math.max(...rows.map(({ utilisation }) => utilisation));
  return Math.max(
    busiest,
    rows.reduce((sum, { gpuShare }) => sum + gpuShare, 0),
  );
}

/** A value this little above an integer counts as that integer, so that a rounding error adds no replica. */
const ROUNDING = 1e-9;
const ceil = (value: number): number => Math.ceil(value - ROUNDING);

/**
 * All options of a request, as a problem for the integer program. An option on a GPU has one replica, holds no cores, and takes
 * a share of the GPU's time, which must fit one GPU even if there are more. An option on a CPU holds threads × replicas cores.
 * If stages share one CPU worker, each takes a share of its time as on a GPU, and counts threads × share as cores.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const planOptions = (profile: Profile, request: IlpRequest): PlanOptions =>
  optionsAtRate(stageFacts(profile, request), request);

/** Does what {@link planOptions} does, for another rate and without reading the profile again. */
export function optionsAtRate(stages: readonly StageFacts[], request: IlpRequest): PlanOptions {
  const { objective, resources, sharedThreads } = request;
  const overloaded: string[] = [];
  const byId = stages.map((stage) => {
    const all: PlanOption[] = [
      ...stage.cells.map((facts) => rowOption(stage, facts, request, { stages: stages.length })),
      ...stage.cascades.flatMap((cascade) => cascadeOptions(stage, cascade, request, stages.length)),
    ];
    const fit = all.filter((o) => utilisationOf(o) <= resources.utilisationMax + ROUNDING);
    if (fit.length === 0) {
      const fixed = fixedReplicas(stage.name, request);
      const alone = sharedThreads === undefined ? 'a GPU' : 'the time of a worker';
      overloaded.push(
        `Stage ${stage.name} gets ${+all[0]!.itemsPerS.toPrecision(4)} items/s, which take at least ` +
          `${+Math.min(...all.map(utilisationOf)).toPrecision(4)} of ` +
          `${fixed === undefined ? alone : `the time of ${fixed} ${fixed === 1 ? 'replica' : 'replicas'}`}; ` +
          `at most ${+resources.utilisationMax.toPrecision(4)} of it may be used`,
      );
    }
    return new Map(fit.map((o) => [optionId(o), o]));
  });
  const problem: Problem = {
    slaMs: request.slaMs,
    objective: {
      alpha: objective.alpha,
      beta: objective.beta,
      delta: objective.delta,
      accuracy: objective.accuracy,
    },
    gpuShareMax: resources.utilisationMax * resources.gpus,
    coresMax: sharedThreads === undefined ? resources.cores : resources.utilisationMax * sharedThreads,
    ...(takes(stages, 'hostMs') && { busyCoresMax: resources.utilisationMax * resources.cores }),
    ...(takes(stages, 'threadMs') && { threadShareMax: resources.utilisationMax }),
    ...(resources.memoryBytes !== undefined && { memoryBytesMax: resources.memoryBytes }),
    stages: stages.map((stage, s) => ({
      name: stage.name,
      options: [...byId[s]!].map(([id, o]): ProblemOption => ({ id, ...totalsOf(o) })),
    })),
  };
  return { problem, byId, overloaded };
}

/** Whether serving takes any core time, or time of its thread, that is known. */
const takes = (stages: readonly StageFacts[], what: 'hostMs' | 'threadMs'): boolean =>
  stages.some(
    ({ request, cells, cascades }) =>
      request[what] > 0 ||
      [...cells, ...cascades.flatMap(({ lightCells }) => lightCells)].some((cell) => cell[what] > 0),
  );

/** What an option uses and gives, over all its rows. */
function totalsOf(option: PlanOption): Omit<ProblemOption, 'id'> {
  const rows = rowsOf(option);
  const total = (of: (row: RowOption) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  return {
    latencyMs: total((row) => row.boundMs),
    accuracy: stageAccuracy(option),
    cost: total((row) => row.cost),
    batch: total((row) => row.cell.batch),
    gpuShare: total((row) => row.gpuShare),
    cores: total((row) => row.cores),
    busyCores: total((row) => row.busyCores),
    threadShare: total((row) => row.threadShare),
    memoryBytes: total((row) => row.memoryBytes),
    switchCost: total((row) => row.switchCost),
  };
}

/** The id of an option, e.g. `detect-s/webgpu/1/4`: variant, backend, threads, batch; a cascade's has both and the threshold. */
function optionId({ cell, cascade }: PlanOption): string {
  const id = (one: MeasuredCell) => cellId(one).slice(one.stage.length + 1);
  return cascade ? `${id(cell)} <${cascade.below} ${id(cascade.heavy.cell)}` : id(cell);
}

/**
 * The options of a cascade at its threshold, without those that another of them equals or beats in everything. Two variants on a
 * CPU with the same threads sit in the same workers, unless stages run in pods: a share of a replica would cost a whole one.
 */
function cascadeOptions(
  stage: StageFacts,
  { below, accuracy, items, lightCells, heavyCells }: CascadeFacts,
  request: IlpRequest,
  stages: number,
): PlanOption[] {
  const { resources, sharedThreads, apart, ratePerS } = request;
  const heavyRow = { name: stage.name, items, request: FREE, escalated: true };
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

/** Options of equal accuracy without those that another equals or beats in every total. Of equal ones the first stays. */
function undominated(options: readonly PlanOption[]): PlanOption[] {
  const totals = options.map((option) => {
    const { accuracy: _, ...less } = totalsOf(option);
    return [...Object.values(less), utilisationOf(option)];
  });
  const beats = (a: number, b: number) => totals[a]!.every((value, i) => value <= totals[b]![i]!);
  return options.filter((_, b) => options.every((_, a) => a === b || !beats(a, b) || (a > b && beats(b, a))));
}

/** The fixed number of a stage's replicas; undefined if the stage gets as many as it needs. */
const fixedReplicas = (stage: string, { keep, replicas }: PlanRequest): number | undefined =>
  keep?.find(({ name }) => name === stage)?.replicas ?? replicas?.[stage];

/** The part of a stage that a row of a plan runs. */
interface Row extends Pick<StageFacts, 'name' | 'items' | 'request'> {
  /** Whether the row is that of a cascade's heavy variant. */
  readonly escalated?: boolean;
}

/** Where a row runs. */
interface Place {
  /** Number of stages of the pipeline. */
  readonly stages: number;
  /** Number of rows of the stage; 1 by default. */
  readonly rows?: number;
  /** Set if the rows of the stage sit in the same workers: their number, the busy time of all rows, and the row's part of it. */
  readonly together?: { readonly replicas: number; readonly busy: number; readonly part: number };
}

function rowOption(
  row: Row,
  facts: CellFacts,
  request: IlpRequest,
  { stages, rows = 1, together }: Place,
): RowOption {
  const { resources, objective, sharedThreads } = request;
  const { cell, variant, meanMs, latencyMs } = facts;
  const { items } = row;
  const itemsPerS = request.ratePerS * items.mean;
  // Share of its time that one session alone would be busy with all items of the row.
  const busy = (itemsPerS * meanMs) / (1000 * cell.batch);
  const accuracy = accuracyOf(variant);
  if (accuracy === null) throw new NoAccuracyError(row.name, variant.name);
  const gpu = onGpu(cell.backend);
  const shared = gpu || sharedThreads !== undefined;
  const replicas =
    together?.replicas ??
    fixedRowReplicas(row, request) ??
    (shared ? 1 : Math.max(1, ceil(busy / resources.utilisationMax)));
  const waitMs = itemsPerS > 0 ? (1000 * (cell.batch - 1)) / itemsPerS : 0;
  const gpuShare = gpu ? busy : 0;
  const cores = gpu ? 0 : (shared ? busy : replicas * (together?.part ?? 1)) * cell.threads;
  /** Share of a core that something takes, with each of the row's batches and each request. */
  const served = (what: 'hostMs' | 'threadMs') =>
    (itemsPerS * facts[what]) / (1000 * cell.batch) + (request.ratePerS * row.request[what]) / 1000;
  // A shared worker holds its cores however little of its time is used, so its cost is divided evenly among the stages.
  const heldCores = gpu || sharedThreads === undefined ? cores : sharedThreads / stages / rows;
  const current = request.current?.find(
    ({ name, escalation }) => (row.escalated ? escalation?.from : name) === row.name,
  );
  const stays =
    request.current === undefined || (current?.variant === cell.variant && current.backend === cell.backend);
  const { loadMs, createMs, firstRunMs } = cell.cold;
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
    busyCores: (gpu ? 0 : busy * cell.threads) + served('hostMs'),
    threadShare: served('threadMs'),
    cost: resources.pricePerCore * heldCores + resources.pricePerGpu * gpuShare,
    memoryBytes: variant.sizeBytes * replicas,
    switchCost: stays ? 0 : (objective.eta * (loadMs + createMs + firstRunMs)) / objective.horizonMs,
    flags: facts.flags,
  };
}

/** The fixed number of a row's replicas in workers of its own. */
const fixedRowReplicas = ({ name, escalated }: Row, request: IlpRequest): number | undefined =>
  escalated
    ? request.keep?.find(({ escalation }) => escalation?.from === name)?.replicas
    : fixedReplicas(name, request);
