import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

/** Ctrl-C, or a signal like it. */
export class Interrupted extends CodedError {
  static override readonly exitCode = 130;
  override name = 'Interrupted';
}

/** What was asked for cannot be understood or is not possible; the message names the option. */
export class UsageError extends InputError {
  override name = 'UsageError';
}

/** A signal that aborts on the first Ctrl-C; the second one ends the process at once. @param says what ends then */
export function interruptSignal(says = 'stopping after the run in flight'): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      console.error(`\n${says}; press Ctrl-C again to end at once`);
      controller.abort(new Interrupted('Stopped.'));
    });
  return controller.signal;
}
