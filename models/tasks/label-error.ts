/** A label as people write it is none of its stage. */
export class LabelError extends Error {
  override name = 'LabelError';
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`${problem}. ${remedy}`);
  }
}
