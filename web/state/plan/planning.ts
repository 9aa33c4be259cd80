import { computed, effect, signal } from '@preact/signals';
import { type Plan, planSchema } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../../solver/documents/report.ts';
import { hasCascades } from '../../../solver/frontier/cascade-gains.ts';
import { betaWithin, chosenAmong } from '../../../solver/frontier/weights.ts';
import { figure } from '../../../solver/math/figures.ts';
import { InfeasiblePlanError } from '../../../solver/plan/errors.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { openPlanner } from '../../../workers/planner/browser.ts';
import type { SolvedPlan } from '../../../workers/planner/planner.ts';
import { identify } from '../../../workers/store/exchange.ts';
import { opened } from '../app.ts';
import { kept } from '../kept.ts';
import { newestOnly } from '../newest-only.ts';
import {
  changePlanSettings,
  draftSettings,
  type PlanSettings,
  planSettings,
  planSettingsSchema,
  roomySla,
  SETTINGS_MAX,
  takePlanSettings,
  tryDefaultSla,
} from './settings.ts';

/**
 * The profile and the settings to plan with. Every answer contains them, so that the page never shows an answer for another
 * profile or other settings.
 */
interface PlanQuery {
  readonly source: IdentifiedProfile;
  readonly settings: PlanSettings;
}

/** The choice of the integer program without simulation, or the reason why there is none. */
type Solved = PlanQuery & { readonly answer: SolvedPlan | Error };
/** The plan that the simulation confirmed or, if it confirmed none, the plan with the fewest misses. */
type Confirmed = PlanQuery & { readonly answer: Plan | Error };
type FrontierFound = PlanQuery & {
  readonly answer: readonly FrontierPoint[] | Error;
  /** The frontier without cascades; empty if no point of the frontier has a cascade, or if it could not be computed. */
  readonly without: readonly FrontierPoint[];
};

export const solved = signal<Solved | null>(null);
export const confirmed = signal<Confirmed | null>(null);
export const frontier = signal<FrontierFound | null>(null);
/** A plan to pin: its SLA and rate are within the form's limits, so that charts can draw it beside the form's plan. */
export const pinnedSchema = planSchema.refine(
  ({ slaMs, ratePerS }) => slaMs <= SETTINGS_MAX.slaMs && ratePerS <= SETTINGS_MAX.ratePerS,
  `expected an SLA of at most ${SETTINGS_MAX.slaMs} ms and a rate of at most ${SETTINGS_MAX.ratePerS} requests/s`,
);

/** A plan that the user pinned to compare later plans with. */
export const pinned = kept<Plan | null>({ name: 'pinned', schema: pinnedSchema.nullable(), initial: null });

/** Whether an answer is for the current settings and profile. */
export const isFresh = (found: PlanQuery | null): boolean =>
  found !== null && found.settings === planSettings.value && found.source === opened.value;

/** The plan of {@link confirmed} if it is for the current settings and profile; else null. */
export const plan = computed<Plan | null>(() => {
  const found = confirmed.value;
  return found && isFresh(found) && !(found.answer instanceof Error) ? found.answer : null;
});

/** Why there is no plan for the current settings; null if there is one, or while the page makes it. */
export const noPlan = computed<Error | null>(() => {
  for (const found of [solved.value, confirmed.value])
    if (found && isFresh(found) && found.answer instanceof Error) return found.answer;
  return null;
});

/** Pins a plan from a file, and applies the settings of the plan if the form allows them. */
export function openPlan(plan: Plan): void {
  pinned.value = plan;
  const { slaMs, ratePerS, percentile, objective, resources } = plan;
  const { alpha, beta } = objective;
  const cores = Math.floor(resources.cores) || null;
  const asked = { ...planSettings.value, slaMs, ratePerS, percentile, alpha, beta, cores };
  const given = planSettingsSchema.safeParse(asked);
  if (given.success) takePlanSettings(given.data);
}

/** The points of the frontier that some β chooses within the current SLA; empty while there is no frontier. */
export const chosenPoints = computed(() => {
  const points = frontier.value?.answer;
  return points && !(points instanceof Error) ? chosenAmong(points) : [];
});

/** Changes the settings so that the integer program chooses this point of the frontier. */
export function choosePoint(point: FrontierPoint): void {
  const settings = settingsFor(point);
  if (settings) changePlanSettings(settings);
}

/**
 * The settings with which the integer program chooses a point of the frontier: an α over 0, a β and, if no β chooses the point
 * within the current SLA, the latency bound of the point, rounded up, as the SLA. Null if no β chooses the point at all.
 */
export function settingsFor(point: FrontierPoint): Partial<PlanSettings> | null {
  const alpha = planSettings.value.alpha || 1;
  const within = chosenPoints.value.find((chosen) => chosen.point === point);
  const weights = within?.weights ?? point.weights;
  if (!weights) return null;
  return {
    alpha,
    beta: Number((alpha * betaWithin(weights)).toPrecision(3)),
    ...(!within && { slaMs: figure(point.boundMs, 'up') }),
  };
}

/** Three planners, so that the integer program waits neither for a simulation nor for a frontier. */
const [solver, confirmer, explorer] = [openPlanner(), openPlanner(), openPlanner()];

const requestOf = ({ source, settings }: PlanQuery) => {
  const { slaMs, ratePerS, percentile, alpha, beta, backends, cores } = settings;
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

/**
 * The integer program's choice for a profile that is still being measured; `none` if no plan keeps the settings, null if the
 * measurements do not suffice for a plan.
 */
export async function planDraft(draft: Profile): Promise<SolvedPlan | 'none' | null> {
  const source = await identify(draft);
  const settings = draftSettings(draft);
  const solveWithin = (slaMs: number) =>
    orError(solver.solve(source, requestOf({ source, settings: { ...settings, slaMs } })));
  const answer = await solveWithin(settings.slaMs);
  const slaMs = roomySla(answer);
  const found = slaMs === null ? answer : await solveWithin(slaMs);
  if (found instanceof InfeasiblePlanError) return 'none';
  return found instanceof Error ? null : found;
}

const solve = newestOnly(async (query: PlanQuery) => {
  const answer = await orError(solver.solve(query.source, requestOf(query)));
  solved.value = { ...query, answer };
  if (!isFresh(query)) return;
  if (answer instanceof Error) {
    frontier.value = null;
    return tryDefaultSla(answer);
  }
  confirm(query);
  findFrontier(query);
});

const confirm = newestOnly(async (query: PlanQuery) => {
  const answer = await orError(confirmer.plan(query.source, requestOf(query)));
  if (isFresh(query)) confirmed.value = { ...query, answer };
});

const findFrontier = newestOnly(async (query: PlanQuery) => {
  const known = frontier.peek();
  // The frontier does not depend on α and β, which only choose one of its points.
  const isSame = known && known.source === query.source && frontierKey(known) === frontierKey(query);
  const found = isSame ? known : await bothFrontiers(query);
  if (isFresh(query)) frontier.value = { ...query, answer: found.answer, without: found.without };
});

async function bothFrontiers(query: PlanQuery): Promise<Pick<FrontierFound, 'answer' | 'without'>> {
  const { source } = query;
  const request = requestOf(query);
  const answer = await orError(explorer.frontier(source, request));
  if (answer instanceof Error || !hasCascades(answer)) return { answer, without: [] };
  const without = await orError(explorer.frontier(source, { ...request, cascades: false }));
  return { answer, without: without instanceof Error ? [] : without };
}

const frontierKey = ({ settings: { alpha, beta, ...rest } }: PlanQuery): string => JSON.stringify(rest);

effect(() => {
  const source = opened.value;
  const settings = planSettings.value;
  if (source) solve({ source, settings });
  else solved.value = confirmed.value = frontier.value = null;
});
