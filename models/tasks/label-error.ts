/** A label in a user's data is not valid for its stage. */
export class LabelError extends Error {
  override name = 'LabelError';
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`${problem}. ${remedy}`);
  }
}
