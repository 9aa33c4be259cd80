import { computed, effect, signal } from '@preact/signals';
import { z } from 'zod';
import { backend, positiveCount } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../solver/documents/profile.ts';
import type { FrontierPoint } from '../../solver/documents/report.ts';
import { betaWithin, chosenAmong } from '../../solver/frontier/weights.ts';
import { InfeasiblePlanError } from '../../solver/plan/errors.ts';
import { DEFAULT_OBJECTIVE, DEFAULT_PERCENTILE, planRequest } from '../../solver/plan/request.ts';
import { slaByRule } from '../../solver/plan/sla.ts';
import { openPlanner } from '../../workers/planner/browser.ts';
import type { SolvedPlan } from '../../workers/planner/planner.ts';
import { opened, profile } from './app.ts';
import { newestOnly } from './newest.ts';

export const PERCENTILES = [90, 95, 99] as const;

/** What a plan is asked for: the settings of the section Plan, as a link may carry them. */
export const questionSchema = z.strictObject({
  slaMs: z.number().positive().max(1e6),
  ratePerS: z.number().positive().max(1e5),
  percentile: z.literal(PERCENTILES),
  alpha: z.number().nonnegative().max(1e6),
  beta: z.number().nonnegative().max(1e6),
  /** Null: all that were measured. */
  backends: z.array(backend).min(1).nullable(),
  /** Null: all of the device. */
  cores: positiveCount.nullable(),
});
export type Question = z.infer<typeof questionSchema>;

/** A question, and the profile that it is asked of. What is found for it is told with it, so that it is never taken for another's. */
interface Asked {
  readonly source: IdentifiedProfile;
  readonly question: Question;
}

/** What the program alone chose, or why it chose nothing. */
type Solved = Asked & { readonly answer: SolvedPlan | Error };
/** The plan that simulation confirms, or that came nearest. */
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
/** A plan that was put aside, to be compared with the next. */
export const pinned = signal<Plan | null>(null);

/** Whether what was found is for what is asked now. */
export const isFresh = (found: Asked | null): boolean =>
  found !== null && found.question === question.value && found.source === opened.value;

/** The confirmed plan for what is asked now; null while there is none. */
export const plan = computed<Plan | null>(() => {
  const found = confirmed.value;
  return found && isFresh(found) && !(found.answer instanceof Error) ? found.answer : null;
});

/** Whether the SLA was chosen by somebody; else every opened profile brings the one that suits its device. */
let slaChosen = false;

/** Asks something else. */
export function ask(part: Partial<Question>): void {
  if (part.slaMs !== undefined) slaChosen = true;
  question.value = { ...question.value, ...part };
}

/** Asks what makes the program choose a point of the frontier: its β, and its latency bound as SLA where that must be shorter. */
export function askForPoint(point: FrontierPoint): void {
  const asked = askFor(point);
  if (asked) ask(asked);
}

/** What {@link askForPoint} would ask; null: no β chooses the point. */
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

/** A bound that works, rounded to where it still does. */
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

/** Of the least SLA that works; one that nobody chose should leave the program something to choose from. */
const ROOM = 1.5;

/** Where the SLA by rule has no plan, the device is given a longer one. */
function findSla(why: Error): void {
  if (slaChosen || !(why instanceof InfeasiblePlanError) || why.nearestSlaMs === null) return;
  question.value = { ...question.peek(), slaMs: Math.ceil(ROOM * why.nearestSlaMs) };
}

function suitedSla({ settings, cells, stages, fanOut }: Profile): number {
  const names = stages.map((stage) => stage.name);
  return Math.ceil(settings.slaMs ?? slaByRule(cells, names, fanOut));
}

/** Two, so that the program's choice never waits for a simulation. */
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
  // The weights of a question do not move its frontier.
  const same = known && known.source === asked.source && frontierKey(known) === frontierKey(asked);
  const answer = same ? known.answer : await orError(solver.frontier(asked.source, requestOf(asked)));
  if (isFresh(asked)) frontier.value = { ...asked, answer };
});

const frontierKey = ({ question: { alpha, beta, ...rest } }: Asked): string => JSON.stringify(rest);

effect(() => {
  const source = opened.value;
  const asked = question.value;
  if (source) solve({ source, question: asked });
  else solved.value = confirmed.value = frontier.value = null;
});
