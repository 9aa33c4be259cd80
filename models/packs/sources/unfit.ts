import { InputError } from '../../../solver/documents/coded-error.ts';

/** Labelled data does not fit the pipeline that a pack is made for. */
export class UnfitDataError extends InputError {
  override name = 'UnfitDataError';
  constructor(where: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`${where}: ${problem}. ${remedy}`, options);
  }
}
