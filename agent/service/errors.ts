import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** The service cannot accept or finish a request now; the client may try again. */
export class UnavailableError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'UnavailableError';
  constructor(
    why: string,
    /** Seconds after which the client may try again. */
    readonly retryAfterS: number,
    remedy = `Send it again in ${retryAfterS} s`,
  ) {
    // In an overload, recording the stacks of all refusals, which nobody reads, would take a tenth of a core.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${why}. ${remedy}.`);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * An item of a request failed although it ran alone in a batch, or several workers were lost while they ran it, so it is not
 * tried again.
 */
export class InferenceFailedError extends Error {
  override name = 'InferenceFailedError';
  constructor(model: string, item: number) {
    super(`${model} failed on item ${item} of the request. The agent's log says why.`);
  }
}

/** A client asked for a model, or for a version of one, that does not exist. */
export class UnknownModelError extends CodedError {
  static override readonly httpStatus = 404;
  override name = 'UnknownModelError';
  /** @param asked e.g. `model x` or `version 2 of model x` @param known existing models or versions */
  constructor(asked: string, known: readonly string[]) {
    super(
      `There is no ${asked.slice(0, 100)}: ${known.length === 1 ? 'there is' : 'there are'} ${known.join(', ')}.`,
    );
  }
}

/**
 * The agent refuses a plan or the change of a stage. The plan is for another device, another profile or other models, or needs
 * more resources than there are; or a client sent it to a gateway, which takes only applied plans.
 */
export class PlanRefusedError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'PlanRefusedError';
  constructor(
    source: string,
    /** Reasons, one line each. */
    readonly reasons: readonly string[],
    remedy: string,
  ) {
    super(`${source} is refused:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\n${remedy}`);
  }
}
