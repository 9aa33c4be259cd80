import type { CellFlag } from '../../../solver/documents/cell.ts';
import { type Device, onGpu } from '../../../solver/documents/common.ts';
import { keepsSla, type Plan, type Prediction, requiredAttainment } from '../../../solver/documents/plan.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import type { RunReport } from '../../../solver/documents/run-report.ts';
import { sum } from '../../../solver/math/statistics.ts';
import { InfeasiblePlanError, NoAccuracyError } from '../../../solver/plan/errors.ts';
import { ACCURACY_UNKNOWN_SENTENCE } from '../../../solver/report/accuracy-unknown.ts';
import { batchTimeFactor, batchTimeSentences } from '../../../solver/report/batch-times.ts';
import { FLAGS } from '../../../solver/report/cell-flags.ts';
import { latencyAt } from '../../../solver/report/run-result.ts';
import { onSoftwareGpu } from '../backends.ts';
import { weightOf } from '../cell-flags.ts';
import { inTimeText, milliseconds, number, percent, plural, requestRate } from '../format.ts';
import { rowName, variantsText } from '../variants.ts';

/** The outcome in a sentence, the most important reasons for it, and the next step. */
export interface Verdict {
  readonly level: 'good' | 'warn' | 'bad';
  /** Share of the requests that are answered within the SLA; null if that is not known, or not valid. */
  readonly inTime: number | null;
  readonly headline: string;
  readonly reasons: readonly string[];
  readonly next: NextStep;
}

interface NextStep {
  readonly text: string;
  /** Section of the page where the step is taken. */
  readonly section: 'measure' | 'plan' | 'try' | 'share';
}

const REASONS = 3;
/** A larger difference between the predicted and the measured share of requests in time is a reason to show. */
const EXPECTED_GAP = 0.02;
/** A load that differs from the planned rate by a larger share than this explains a difference from the prediction. */
const OTHER_LOAD = 0.1;
/** If a larger share of the measured figures needs care, the verdict treats that as an important reason. */
const MANY = 0.25;

/** A sentence that may be a reason. Only those of the highest weights are shown. */
interface Reason {
  readonly weight: number;
  readonly text: string;
}

const heaviest = (reasons: readonly (Reason | null)[]): string[] =>
  reasons
    .filter((reason) => reason !== null)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, REASONS)
    .map(({ text }) => text);

/** The next step for a plan with which too few requests are in time. */
const ASK_FOR_LESS: NextStep = {
  text: 'Allow more time, ask for fewer requests per second, or choose a cheaper plan.',
  section: 'plan',
};

/** The next step after a run on a device that has become slower than its profile says. */
const MEASURE_AGAIN: NextStep = {
  text: 'Measure the device again, because it has become slower, or run with a plan that adapts.',
  section: 'measure',
};

/** The verdict on a plan that has not run, by its prediction. */
export function planVerdict(plan: Plan, profile: Profile): Verdict {
  const { predicted, slaMs, ratePerS, percentile } = plan;
  const inTime = predicted.slaAttainment;
  const meets = keepsSla(plan);
  const what = variantsText(plan);
  return {
    level: meets ? 'good' : 'warn',
    inTime,
    headline: meets
      ? `Yes: ${what} should answer ${requestRate(ratePerS)} within ${number(slaMs)} ms.`
      : `Not quite: ${what} should answer ${inTimeText(inTime)} of ${requestRate(ratePerS)} within ${number(slaMs)} ms; ${percentile} % are asked for.`,
    reasons: heaviest([
      timeReason(predicted.latencyMs, plan, 'should come'),
      accuracyReason(predicted, profile.endToEnd),
      slowestReason(plan),
      careReason(profile),
      softwareReason(profile.device, [plan]),
    ]),
    next: meets ? { text: 'Try the plan with real requests.', section: 'try' } : ASK_FOR_LESS,
  };
}

/** The verdict if there is no plan. Only {@link InfeasiblePlanError} means that the models are too slow for the request. */
export function noPlanVerdict(why: Error): Verdict {
  const none = { level: 'warn', inTime: null, reasons: [why.message] } as const;
  if (why instanceof InfeasiblePlanError) {
    const { request, nearestSlaMs, nearestRatePerS } = why;
    return {
      ...none,
      level: 'bad',
      headline: `No: no combination of these models answers ${requestRate(request.ratePerS)} within ${number(request.slaMs)} ms.`,
      next: {
        text:
          nearestSlaMs === null && nearestRatePerS === null
            ? 'Allow more cores or backends, or measure further models.'
            : 'Take the nearest SLA or rate that works.',
        section: 'plan',
      },
    };
  }
  if (why instanceof NoAccuracyError)
    return {
      ...none,
      reasons: [why.problem],
      headline: 'Latency is measured, but not accuracy, by which a plan chooses among the models.',
      next: { text: 'Add labelled data to the pipeline, and measure again.', section: 'measure' },
    };
  return {
    ...none,
    headline: 'No plan could be made, so nothing is known of these models under load.',
    next: { text: 'Change what the reason above names, or measure again.', section: 'measure' },
  };
}

/**
 * The verdict on a run of a plan, measured or simulated.
 * @param profile null if the report has none
 */
export function runVerdict(run: RunReport, profile: Profile | null): Verdict {
  const { result, slaMs, percentile, load } = run;
  const { slaAttainment: inTime, latencyMs, accuracy } = result;
  const within = `${inTimeText(inTime)} of the requests were answered within ${number(slaMs)} ms`;
  const shared = [
    timeReason(latencyMs, run, 'came'),
    lostReason(run),
    gapReason(run),
    accuracyReason(accuracy),
    profile && careReason(profile),
    softwareReason(
      run.device,
      run.plans.map(({ plan }) => plan),
    ),
  ];
  if (!load.valid)
    return {
      level: 'bad',
      inTime: null,
      headline: 'Not valid: the requests were sent too late for these figures to hold.',
      reasons: heaviest([lateReason(run), ...shared]),
      next: {
        text: `Allow more time${holdsCores(run) ? ', lower the rate, or plan with fewer cores' : ' or lower the rate'}; then run again.`,
        section: 'plan',
      },
    };
  const meets = inTime !== null && inTime >= requiredAttainment(percentile);
  return {
    level: meets ? 'good' : 'bad',
    inTime,
    headline: meets
      ? `It ${run.simulated ? 'holds in the simulation' : 'held'}: ${within}.`
      : `It did not hold: ${within}; ${percentile} % are asked for.`,
    reasons: heaviest(shared),
    next: meets ? { text: 'Save the report, or the plan to serve it.', section: 'share' } : afterMiss(run),
  };
}

/** The next step after a run in which too few requests were in time. */
const afterMiss = (run: RunReport): NextStep =>
  otherLoad(run) === null && hasSlowBatches(run) ? MEASURE_AGAIN : ASK_FOR_LESS;

/** Whether the batches of a real run took so much longer than expected that the run says so. */
const hasSlowBatches = (run: RunReport): boolean =>
  batchTimeSentences(run).length > 0 && batchTimeFactor(run)! > 1;

/** Whether a plan of the run holds several cores. */
const holdsCores = ({ plans }: RunReport): boolean =>
  plans.some(({ plan: { workers } }) => {
    const threads = workers.map((worker) => (onGpu(worker.backend) ? 0 : worker.threads));
    return sum(threads) > 1;
  });

/** The latency at the percentile that is asked for, beside the SLA; null if the document does not have that percentile. */
function timeReason(
  latencyMs: Parameters<typeof latencyAt>[0],
  { percentile, slaMs }: Pick<Plan, 'percentile' | 'slaMs'>,
  verb: string,
): Reason | null {
  const ms = latencyAt(latencyMs, percentile) ?? null;
  if (ms === null) return null;
  return {
    weight: ms > slaMs ? 80 : 50,
    text:
      `${percentile} of 100 answers ${verb} within ${milliseconds(ms)}, which is ` +
      `${percent(ms / slaMs)} of the ${number(slaMs)} ms allowed.`,
  };
}

/**
 * The accuracy end to end as a reason, or that the accuracy is unknown; null if only PAS is known.
 * @param single accuracies of the combinations of single models. The reason names the best one if it is above the plan's. Absent
 * for a run, because the profile's accuracies are of other requests than the run's
 */
function accuracyReason(
  { endToEnd, pas }: Pick<Prediction, 'endToEnd' | 'pas'>,
  single: Profile['endToEnd'] = [],
): Reason | null {
  if (pas === null) return { weight: 75, text: ACCURACY_UNKNOWN_SENTENCE };
  if (endToEnd === null) return null;
  const best = Math.max(...single.map(({ value }) => value));
  // A cascade, of the plan or another one, can be more accurate still.
  const besides =
    best > endToEnd ? `; the most accurate combination of single models reaches ${percent(best)}` : '';
  return { weight: 45, text: `The whole pipeline is right in ${percent(endToEnd)} of the cases${besides}.` };
}

function slowestReason({ stages }: Plan): Reason | null {
  if (stages.length < 2) return null;
  const [slowest] = [...stages].sort((a, b) => b.boundMs - a.boundMs);
  const share = slowest!.boundMs / sum(stages.map(({ boundMs }) => boundMs));
  return {
    weight: 30,
    text: `${share > 0.5 ? 'Most' : 'The largest part'} of the time goes to ${rowName(slowest!)}, with ${slowest!.variant}: ${percent(share)} of it.`,
  };
}

function lateReason({ load }: RunReport): Reason {
  return {
    weight: 100,
    text: `Of 100 requests 99 were sent at most ${milliseconds(load.latenessP99Ms)} late, and that alone made the latencies worse.`,
  };
}

function lostReason({ result: { shed, failed }, load }: RunReport): Reason | null {
  if (shed + failed === 0) return null;
  return {
    weight: 90,
    text: `Of ${plural(load.requests, 'request')}, ${plural(shed, 'was', 'were')} refused and ${number(failed)} failed.`,
  };
}

function gapReason(run: RunReport): Reason | null {
  const { result, predicted, simulated } = run;
  const gap = (result.slaAttainment ?? 0) - predicted.slaAttainment;
  if (simulated || Math.abs(gap) < EXPECTED_GAP) return null;
  const said = `The prediction was ${inTimeText(predicted.slaAttainment)} in time.`;
  const why = otherLoad(run) ?? speedSentence(run, gap < 0);
  return { weight: 70, text: why ? `${said} ${why}` : said };
}

/** The difference between a run's load and the load that its prediction assumes; null if there is none that matters. */
function otherLoad({ load, plans }: RunReport): string | null {
  const { ratePerS } = plans[0]!.plan;
  if (load.kind !== 'constant-rate')
    return `That was for constantly ${requestRate(ratePerS)}; ${requestRate(load.ratePerS)} came on average.`;
  return Math.abs(load.ratePerS / ratePerS - 1) > OTHER_LOAD
    ? `That was for ${requestRate(ratePerS)}; ${requestRate(load.ratePerS)} came.`
    : null;
}

/** How the device's speed explains a run that was slower or faster than predicted; null if its batches show the opposite. */
function speedSentence(run: RunReport, slower: boolean): string | null {
  const [batches] = batchTimeSentences(run);
  if (batches) return hasSlowBatches(run) === slower ? batches : null;
  return `The device was ${slower ? 'slower, or busier, than' : 'faster, or less busy, than'} when it was measured.`;
}

/** How many figures are marked as needing care, and the most frequent mark. */
function careReason({ cells }: Profile): Reason | null {
  const measured = cells.filter((cell) => cell.state === 'measured');
  const marks = measured.map(({ flags }) => flags.filter((flag) => weightOf(flag) !== 'note'));
  const needCare = marks.filter(({ length }) => length > 0).length;
  if (needCare === 0) return null;
  const count = (flag: CellFlag) => marks.filter((own) => own.includes(flag)).length;
  const [most] = [...new Set(marks.flat())].sort((a, b) => count(b) - count(a));
  return {
    weight: needCare > MANY * measured.length ? 60 : 15,
    text: `${number(needCare)} of ${plural(measured.length, 'figure')} ${needCare === 1 ? 'needs' : 'need'} care, most often marked ${most} (${FLAGS[most!]}).`,
  };
}

/** The reason for plans that ran, or are to run, on a software adapter; null for other plans. */
const softwareReason = (device: Device, plans: readonly Plan[]): Reason | null =>
  onSoftwareGpu(
    device,
    plans.flatMap(({ stages }) => stages.map(({ backend }) => backend)),
  )
    ? { weight: 65, text: 'WebGPU ran on the CPU: its figures say nothing about a GPU.' }
    : null;
