import { InputError } from '../../solver/documents/coded-error.ts';

/** More threads are asked for than the machine has cores, so they would only wait for each other. */
export class TooManyThreadsError extends InputError {
  override name = 'TooManyThreadsError';
  constructor(threads: number, cores: number) {
    super(
      `${threads} threads are asked for, and there are ${cores} cores. Ask for at most ${cores} threads.`,
    );
  }
}

/** @throws TooManyThreadsError */
export function checkThreads(
  threads: readonly number[],
  { logicalCores }: { readonly logicalCores: number },
): void {
  const most = Math.max(...threads);
  if (most > logicalCores) throw new TooManyThreadsError(most, logicalCores);
}
