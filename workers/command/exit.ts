import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

export class Interrupted extends CodedError {
  static override readonly exitCode = 130;
  override name = 'Interrupted';
}

/** The command line asks for something that is not possible; the message names the option. */
export class UsageError extends InputError {
  override name = 'UsageError';
}

/**
 * A signal that aborts on the first Ctrl-C; the second Ctrl-C ends the process at once.
 * @param notice text for stderr that says what happens after the first Ctrl-C
 */
export function interruptSignal(notice = 'stopping after the run in flight'): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      console.error(`\n${notice}; press Ctrl-C again to end at once`);
      controller.abort(new Interrupted('Stopped.'));
    });
  return controller.signal;
}
