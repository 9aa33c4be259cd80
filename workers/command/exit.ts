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
 * A signal that aborts on the first Ctrl-C or SIGTERM; the second ends the process at once. SIGHUP, which a terminal sends when it
 * is closed, aborts too, and never ends the process at once, because the shell in the terminal may send it a second time.
 * @param notice says what happens after the first
 * @param say gets the notice; absent: stderr does
 */
export function interruptSignal(
  notice = 'stopping',
  say: (what: string) => void = (what) => console.error(`\n${what}`),
): AbortSignal {
  const controller = new AbortController();
  const end = (what: string) => {
    if (controller.signal.aborted) process.exit(130);
    say(what);
    controller.abort(new Interrupted('Stopped.'));
  };
  process.on('SIGINT', () => end(`${notice}; press Ctrl-C again to end at once`));
  process.on('SIGTERM', () => end(notice));
  process.on('SIGHUP', () => {
    if (!controller.signal.aborted) end(notice);
  });
  return controller.signal;
}
