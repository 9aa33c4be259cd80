import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** The service cannot take or finish a request now; it may be sent again. */
export class UnavailableError extends CodedError {
  static override readonly httpStatus = 503;
  override name = 'UnavailableError';
  constructor(
    why: string,
    /** Seconds after which it is worth a try. */
    readonly retryAfterS: number,
  ) {
    super(`${why}. Send it again in ${retryAfterS} s.`);
  }
}

/** A request was run and failed: its item cannot be processed, whatever worker tries. */
export class InferenceFailedError extends Error {
  override name = 'InferenceFailedError';
  constructor(model: string, item: number) {
    super(`${model} failed on item ${item} of the request. The agent's log says why.`);
  }
}

/** There is no model, or version of one, of that name. */
export class UnknownModelError extends CodedError {
  static override readonly httpStatus = 404;
  override name = 'UnknownModelError';
  /** @param asked e.g. `model x`, `version 2 of model x` @param known the names, or the versions, that there are */
  constructor(asked: string, known: readonly string[]) {
    super(
      `There is no ${asked.slice(0, 100)}: ${known.length === 1 ? 'there is' : 'there are'} ${known.join(', ')}.`,
    );
  }
}

/** A plan cannot be run here, or not followed: it is of another device, other models, or of more than there is. */
export class PlanRefusedError extends InputError {
  static override readonly httpStatus = 409;
  override name = 'PlanRefusedError';
  constructor(
    source: string,
    /** One line per reason. */
    readonly reasons: readonly string[],
    remedy: string,
  ) {
    super(`${source} is refused:\n${reasons.map((reason) => `  ${reason}`).join('\n')}\n${remedy}`);
  }
}
