import type { MeasuredCell } from '../documents/cell.ts';
import type { PlanStage } from '../documents/plan.ts';
import { accuraciesUnknown, type Profile } from '../documents/profile.ts';
import { getOrMake } from '../math/maps.ts';
import { mean, nearestRank, sortedNumbers } from '../math/statistics.ts';
import { type Cascade, cascadesOf } from './cascades.ts';
import type { CellFacts } from './cell-facts.ts';
import { batchHostMs, expectedTimesMs } from './co-run.ts';
import { delayAtMs } from './delays.ts';
import { escalatedItems } from './escalated-items.ts';
import { fanOut, type ItemsPerRequest } from './items-per-request.ts';
import { type IlpRequest, mayCascade } from './request.ts';
import { forPods, hopCoresMs, requestCostOf, requestPause } from './serving.ts';
import { standbyFor } from './standby.ts';
import { usableCells } from './usable-cells.ts';

/** The facts about a stage that do not depend on the rate. */
export interface StageFacts {
  readonly name: string;
  /** Items of the stage per request: f, their mean, and k, their number at the percentile. */
  readonly items: ItemsPerRequest;
  /** The cost of a request outside the models. The first stage has all of it, and the other stages have none. */
  readonly request: RequestFacts;
  /** The cells that may run the stage without a cascade; empty if the stage must have one. */
  readonly cells: readonly CellFacts[];
  readonly cascades: readonly CascadeFacts[];
}

/** A cascade with the cells that may run each of its variants. */
export interface CascadeFacts extends Cascade {
  readonly lightCells: readonly CellFacts[];
  readonly heavyCells: readonly CellFacts[];
}

/** The cost of a request outside the models. */
interface RequestFacts {
  /** Latency at the percentile that the SLA bounds, for a server that was idle before. */
  readonly latencyMs: number;
  /** Time of the serving thread for a request. */
  readonly threadMs: number;
  /** Core time of a request that counts against the plan's cores: all of its core time, or 0 (`sharesCores`). */
  readonly hostMs: number;
}

export const NO_REQUEST_COST: RequestFacts = { latencyMs: 0, threadMs: 0, hostMs: 0 };

/**
 * Reads from a profile the facts that a request's options need and that do not depend on the rate.
 * @throws NothingMeasuredError if a stage has no cell to plan with
 */
export const stageFacts = (profile: Profile, request: IlpRequest): StageFacts[] =>
  comparable(profile).map((stage, s) => {
    const { name } = stage;
    const factsOf = (cell: MeasuredCell) => cellFacts(profile, stage, cell, request);
    const alone = usableCells(profile, name, request).map(factsOf);
    const runs = ({ variant }: CellFacts) => request.upstream?.[name]?.includes(variant.name) ?? true;
    const forCascades = (request.upstream?.[name]?.length ?? 1) > 1;
    const cells = forCascades ? [] : withStandbys(profile, request, name, alone, factsOf).filter(runs);
    const counted = {
      percentile: request.percentile,
      restrictTo: { ...request.restrictTo, ...request.upstream },
    };
    const items = fanOut(profile, name, counted.percentile, counted.restrictTo);
    const facts = { name, items, request: s === 0 ? requestFacts(profile, request) : NO_REQUEST_COST };
    const kept = request.keep?.stages.find(({ escalation }) => escalation?.from === name);
    if (kept) {
      const heavyCells = usableCells(profile, name, request, kept).map(factsOf);
      return { ...facts, cells: [], cascades: [keptCascade(profile, counted, kept, alone, heavyCells)] };
    }
    if (!mayCascade(request, name) || request.keep || request.replicas?.[name] !== undefined)
      return { ...facts, cells, cascades: [] };
    // A cascade needs no standby: in a burst, the answers of its light variant stand.
    const variants = new Set(alone.filter(runs).map(({ variant }) => variant.name));
    const ofVariant = (named: string) => alone.filter(({ variant }) => variant.name === named);
    const cascades = cascadesOf(profile, stage, variants, counted).map((cascade) => ({
      ...cascade,
      lightCells: ofVariant(cascade.light),
      heavyCells: ofVariant(cascade.heavy),
    }));
    return { ...facts, cells, cascades };
  });

/** The stages of a profile. If no accuracy is known, all variants get the same one, so that latency and cost decide. */
const comparable = (profile: Profile): Profile['stages'] =>
  accuraciesUnknown(profile)
    ? profile.stages.map((stage) => ({
        ...stage,
        variants: stage.variants.map((variant) => ({
          ...variant,
          accuracy: { ...variant.accuracy, published: 1 },
        })),
      }))
    : profile.stages;

/** The cells of a stage, each with its standby. If the running sessions must stay, so do their standbys. */
function withStandbys(
  profile: Profile,
  request: IlpRequest,
  stage: string,
  cells: readonly CellFacts[],
  factsOf: (cell: MeasuredCell) => CellFacts,
): readonly CellFacts[] {
  if (!request.downshift || request.standbys === false) return cells;
  const { keep, ...free } = request;
  const kept = keep?.stages.find(({ name }) => name === stage);
  if (kept && !kept.standby) return cells;
  const others = keep ? usableCells(profile, stage, free).map(factsOf) : cells;
  const ready = others.filter(({ cell }) => !kept || cell.variant === kept.standby!.variant);
  return cells.map((facts) => {
    const standby = standbyFor(facts, ready);
    return standby ? { ...facts, standby } : facts;
  });
}

function cellFacts(
  profile: Profile,
  stage: Profile['stages'][number],
  cell: MeasuredCell,
  request: IlpRequest,
): CellFacts {
  const { timesMs, meanMs } = timesOf(profile, cell);
  return {
    cell,
    variant: stage.variants.find((variant) => variant.name === cell.variant)!,
    meanMs,
    latencyMs: nearestRank(timesMs, request.percentile),
    ...handOutFacts(profile, request, cell),
  };
}

/** The cascade that runs now and must stay, so its threshold is the only one. */
function keptCascade(
  profile: Profile,
  request: Pick<IlpRequest, 'percentile' | 'restrictTo'>,
  { variant: heavy, escalation }: PlanStage,
  lightCells: readonly CellFacts[],
  heavyCells: readonly CellFacts[],
): CascadeFacts {
  const { from, below, accuracy } = escalation!;
  const light = lightCells[0]!.variant.name;
  const items = escalatedItems(profile, from, light, request)(below);
  return { light, heavy, thresholds: [{ below, accuracy, items }], lightCells, heavyCells };
}

function requestFacts(profile: Profile, request: IlpRequest): RequestFacts {
  const cost = requestCostOf(profile, request);
  if (!cost) return NO_REQUEST_COST;
  const { coreMs, latency } = cost;
  return {
    latencyMs:
      delayAtMs(latency, request.percentile) +
      requestPause(profile)(Number.POSITIVE_INFINITY, request.percentile),
    threadMs: coreMs,
    hostMs: sharesCores(profile, request) ? coreMs : 0,
  };
}

/** The times for handing out a batch of a cell; 0 if they were not measured. */
function handOutFacts(
  profile: Profile,
  request: IlpRequest,
  cell: MeasuredCell,
): Pick<CellFacts, 'threadMs' | 'hostMs'> {
  const hop = hopCoresMs(profile, cell.stage, cell.batch);
  if (hop) return { threadMs: hop.gatewayMs, hostMs: hop.gatewayMs + hop.podMs };
  const threadMs = request.apart ? 0 : (batchHostMs(profile, cell) ?? 0);
  return { threadMs, hostMs: sharesCores(profile, request) ? threadMs : 0 };
}

/**
 * Whether serving counts against the plan's cores, too. It does if workers may hold every core; with pods, only if the profile
 * measured the hops to them.
 */
const sharesCores = (profile: Profile, { apart, resources }: IlpRequest): boolean =>
  resources.cores >= profile.device.logicalCores && (!apart || forPods(profile));

interface Times {
  /** Expected round-trip times in rising order. */
  readonly timesMs: Float64Array;
  readonly meanMs: number;
}

/**
 * A cache of the times of a profile's cells, because an adaptation step plans several times on one profile, and sorting takes
 * long.
 */
const known = new WeakMap<Profile, Map<MeasuredCell, Times>>();

function timesOf(profile: Profile, cell: MeasuredCell): Times {
  const ofProfile = getOrMake(known, profile, () => new Map());
  return getOrMake(ofProfile, cell, () => {
    const samplesMs = expectedTimesMs(profile, cell);
    return { timesMs: sortedNumbers(samplesMs), meanMs: mean(samplesMs) };
  });
}
