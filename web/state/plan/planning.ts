import { computed, effect, signal } from '@preact/signals';
import { z } from 'zod';
import { backend, positiveCount } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../../solver/documents/report.ts';
import { betaWithin, chosenAmong } from '../../../solver/frontier/weights.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE, DEFAULT_PERCENTILE, planRequest } from '../../../solver/plan/request.ts';
import { slaByRule } from '../../../solver/plan/sla.ts';
import { openPlanner } from '../../../workers/planner/browser.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import { opened, profile } from '../app.ts';
import { newestOnly } from './newest-only.ts';

export const PERCENTILES = [90, 95, 99] as const;

/** Upper limits of the form's inputs; `weight` is for α and β. */
export const LARGEST = { slaMs: 1e6, ratePerS: 1e5, weight: 1e6 } as const;

/** A plan request: the settings of the section Plan, which a link can contain. */
export const questionSchema = z.strictObject({
  slaMs: z.number().positive().max(LARGEST.slaMs),
  ratePerS: z.number().positive().max(LARGEST.ratePerS),
  percentile: z.literal(PERCENTILES),
  alpha: z.number().nonnegative().max(LARGEST.weight),
  beta: z.number().nonnegative().max(LARGEST.weight),
  /** Null for all backends of the profile. */
  backends: z.array(backend).min(1).nullable(),
  /** Null for all cores of the device. */
  cores: positiveCount.nullable(),
});
export type Question = z.infer<typeof questionSchema>;

/** A plan request with its profile. Every answer contains both, so that it is never shown for another request. */
interface Asked {
  readonly source: IdentifiedProfile;
  readonly question: Question;
}

/** The choice of the integer program without simulation, or the reason why there is none. */
type Solved = Asked & { readonly answer: SolvedPlan | Error };
/** The plan that the simulation confirmed, or else the nearest one. */
type Confirmed = Asked & { readonly answer: Plan | Error };
type FrontierFound = Asked & { readonly answer: readonly FrontierPoint[] | Error };

export const question = signal<Question>({
  slaMs: 100,
  ratePerS: 5,
  percentile: DEFAULT_PERCENTILE,
  alpha: DEFAULT_OBJECTIVE.alpha,
  beta: DEFAULT_OBJECTIVE.beta,
  backends: null,
  cores: null,
});
export const solved = signal<Solved | null>(null);
export const confirmed = signal<Confirmed | null>(null);
export const frontier = signal<FrontierFound | null>(null);
/** A plan that the user pinned to compare later plans with. */
export const pinned = signal<Plan | null>(null);

/** Whether an answer is for the current plan request and profile. */
export const isFresh = (found: Asked | null): boolean =>
  found !== null && found.question === question.value && found.source === opened.value;

/** The confirmed plan for the current request, or null. */
export const plan = computed<Plan | null>(() => {
  const found = confirmed.value;
  return found && isFresh(found) && !(found.answer instanceof Error) ? found.answer : null;
});

/** Whether the user chose the SLA. Until then, each opened profile sets an SLA that suits its device. */
let slaChosen = false;

/** Changes part of the plan request. */
export function ask(part: Partial<Question>): void {
  if (part.slaMs !== undefined) slaChosen = true;
  question.value = { ...question.value, ...part };
}

/** Changes the plan request so that the integer program chooses this point of the frontier. */
export function askForPoint(point: FrontierPoint): void {
  const asked = askFor(point);
  if (asked) ask(asked);
}

/**
 * The β for which the integer program chooses a point of the frontier. If no β does within the current SLA, the point's latency
 * bound becomes the SLA. Null if no β chooses the point at all.
 */
export function askFor(point: FrontierPoint): Partial<Question> | null {
  const points = frontier.value?.answer;
  if (!points || points instanceof Error) return null;
  const alpha = question.value.alpha || 1;
  const within = chosenAmong(points).find((chosen) => chosen.point === point);
  const weights = within?.weights ?? point.weights;
  if (!weights) return null;
  return {
    alpha,
    beta: Number((alpha * betaWithin(weights)).toPrecision(3)),
    ...(!within && { slaMs: roomier(point.boundMs) }),
  };
}

/** Rounds a feasible latency bound up to few digits, so that it stays feasible. */
export const roomier = (value: number): number => Number((value * 1.005).toPrecision(3));

effect(() => {
  const source = profile.value;
  if (!source) return;
  const asked = question.peek();
  const measured = new Set(source.cells.map((cell) => cell.backend));
  question.value = {
    ...asked,
    ...(!slaChosen && { slaMs: suitedSla(source) }),
    backends: asked.backends?.every((one) => measured.has(one)) ? asked.backends : null,
    cores: asked.cores !== null && asked.cores < source.device.logicalCores ? asked.cores : null,
  };
});

/** The page's default SLA is this many times the least feasible one, so that the integer program has a choice. */
const ROOM = 1.5;

/** Increases the page's default SLA if no plan meets it. */
function findSla(why: Error): void {
  if (slaChosen || !(why instanceof InfeasiblePlanError) || why.nearestSlaMs === null) return;
  question.value = { ...question.peek(), slaMs: Math.ceil(ROOM * why.nearestSlaMs) };
}

function suitedSla({ settings, cells, stages, fanOut }: Profile): number {
  const names = stages.map((stage) => stage.name);
  return Math.ceil(settings.slaMs ?? slaByRule(cells, names, fanOut));
}

/** Two planners, so that the integer program never waits for a simulation. */
const solver = openPlanner();
const confirmer = openPlanner();

const requestOf = ({ source, question }: Asked) => {
  const { slaMs, ratePerS, percentile, alpha, beta, backends, cores } = question;
  return planRequest(source.profile, {
    slaMs,
    ratePerS,
    percentile,
    objective: { alpha, beta },
    ...(backends && { backends }),
    ...(cores !== null && { resources: { cores } }),
  });
};

const orError = <T>(answer: Promise<T>): Promise<T | Error> =>
  answer.catch((error) => (error instanceof Error ? error : new Error(String(error))));

const solve = newestOnly(async (asked: Asked) => {
  const answer = await orError(solver.solve(asked.source, requestOf(asked)));
  solved.value = { ...asked, answer };
  if (!isFresh(asked)) return;
  if (answer instanceof Error) return findSla(answer);
  confirm(asked);
  findFrontier(asked);
});

const confirm = newestOnly(async (asked: Asked) => {
  const answer = await orError(confirmer.plan(asked.source, requestOf(asked)));
  if (isFresh(asked)) confirmed.value = { ...asked, answer };
});

const findFrontier = newestOnly(async (asked: Asked) => {
  const known = frontier.peek();
  // The frontier does not depend on α and β, which only choose one of its points.
  const isSame = known && known.source === asked.source && frontierKey(known) === frontierKey(asked);
  const answer = isSame ? known.answer : await orError(solver.frontier(asked.source, requestOf(asked)));
  if (isFresh(asked)) frontier.value = { ...asked, answer };
});

const frontierKey = ({ question: { alpha, beta, ...rest } }: Asked): string => JSON.stringify(rest);

effect(() => {
  const source = opened.value;
  const asked = question.value;
  if (source) solve({ source, question: asked });
  else solved.value = confirmed.value = frontier.value = null;
});
