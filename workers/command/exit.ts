import { CodedError, InputError } from '../../solver/documents/coded-error.ts';

export class Interrupted extends CodedError {
  static override readonly exitCode = 130;
  override name = 'Interrupted';
}

/** The command line asks for something that is not possible; the message names the option. */
export class UsageError extends InputError {
  override name = 'UsageError';
}

let isLog = false;

/** Whether stdout has a log and no results, so that the process goes on even if stdout cannot be written any more. */
export const stdoutIsLog = (): boolean => isLog;

/** `timeout` of coreutils passes a signal on twice at once, so signals within this time count as one. */
const ONE_SIGNAL_MS = 100;

/**
 * A signal that aborts on the first Ctrl-C or SIGTERM; the second ends the process at once. SIGHUP, which a terminal sends when it
 * is closed, aborts too, and never ends the process at once, because the shell in the terminal may send it a second time.
 * @param notice says what happens after the first
 * @param log writes the notice to stdout, in a command whose stdout is a log; absent: stderr gets the notice
 */
export function interruptSignal(notice = 'stopping', log?: (what: string) => void): AbortSignal {
  isLog = log !== undefined;
  const say = log ?? ((what: string) => console.error(`\n${what}`));
  const controller = new AbortController();
  let firstMs = 0;
  const end = (what: string) => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs > ONE_SIGNAL_MS) process.exit(130);
      return;
    }
    firstMs = performance.now();
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
