import { InputError } from '../documents/coded-error.ts';
import { figure, grouped } from '../math/figures.ts';

/** A stage has no cell that the planner may use. */
export class NothingMeasuredError extends InputError {
  override name = 'NothingMeasuredError';
  constructor(
    readonly stage: string,
    /** Why the stage has no cell that the planner may use, and what the user can do. */
    readonly reason: string,
  ) {
    super(`Stage ${stage} has nothing to plan with: ${reason}`);
  }
}

/** The profile does not have the cost of requests in JSON, which a plan must count. */
export class UnmeasuredBodyError extends InputError {
  override name = 'UnmeasuredBodyError';
  constructor(pipeline: string) {
    super(
      `The profile lacks the cost of requests in JSON. Measure it with ipa-agent profile --pipeline ${pipeline}; pipelines whose ` +
        'items are recordings take no JSON.',
    );
  }
}

const NO_ACCURACY_REMEDY =
  ' Make a labelled pack (ipa-edge pack), on which accuracies are measured, or state the published one (ipa-edge pin --accuracy); ' +
  'then profile again.';

/** A variant has neither a measured nor a published accuracy although others have one, so the planner cannot compare them. */
export class NoAccuracyError extends InputError {
  override name = 'NoAccuracyError';
  constructor(stage: string, variant: string) {
    super(`Variant ${variant} of stage ${stage} has no accuracy to plan with.${NO_ACCURACY_REMEDY}`);
  }

  /** The message without its remedy, because the page offers another remedy. */
  get problem(): string {
    return this.message.replace(NO_ACCURACY_REMEDY, '');
  }
}

/** No choice of options meets the SLA at the rate within the resources. */
export class InfeasiblePlanError extends Error {
  override name = 'InfeasiblePlanError';
  /** The message without the nearest SLA and rate, which the page offers as buttons. */
  readonly problem: string;
  constructor(
    readonly request: { readonly slaMs: number; readonly ratePerS: number; readonly percentile: number },
    /** The constraints that cannot be met, with figures: a sentence each, without the last full stop. */
    readonly binding: string,
    /** The smallest SLA that is feasible at this rate with these resources; null if none is. */
    readonly nearestSlaMs: number | null,
    /** The nearest rate that is feasible with this SLA and these resources; null if none was found. */
    readonly nearestRatePerS: number | null,
  ) {
    const { slaMs, ratePerS, percentile } = request;
    const ways = [
      ...(nearestSlaMs === null ? [] : [`an SLA of ${grouped(figure(nearestSlaMs, 'up'))} ms`]),
      ...(nearestRatePerS === null
        ? []
        : [`${grouped(figure(nearestRatePerS, nearestRatePerS > ratePerS ? 'up' : 'down'))} requests/s`]),
    ];
    const problem =
      `No plan meets ${asked(slaMs)} ms (p${percentile}) at ${asked(ratePerS)} request${ratePerS === 1 ? '' : 's'}/s. ${binding}.` +
      (ways.length > 0
        ? ''
        : ' No other SLA or rate alone helps: allow more resources, variants or backends.');
    super(ways.length > 0 ? `${problem} It may work with ${ways.join(', or with ')}.` : problem);
    this.problem = problem;
  }
}

/** A number of the request as text, rounded to six digits, because a number computed from measurements may have seventeen. */
const asked = (value: number): string => grouped(value, 6);

/** A frontier has more points than are allowed. */
export class FrontierTooLargeError extends Error {
  override name = 'FrontierTooLargeError';
  constructor(
    /** The stage at which the number of points exceeded the limit. */
    readonly stage: string,
    readonly most: number,
  ) {
    super(
      `The frontier is too large: over ${most} choices for the stages up to ${stage} are Pareto-best. ` +
        'Allow fewer variants, backends or batch sizes, or a shorter SLA.',
    );
  }
}
