import { Interrupted } from '../../workers/command/exit.ts';

/**
 * A signal for commands that serve until they are ended: aborts on the first Ctrl-C or SIGTERM; the second ends the process at
 * once.
 * @param notice says what happens after the first
 * @param log gets the notice; for Ctrl-C the notice says that a second one ends the process
 */
export function endSignal(notice: string, log: (what: string) => void): AbortSignal {
  const controller = new AbortController();
  const end = (what: string) => {
    if (controller.signal.aborted) process.exit(130);
    log(what);
    controller.abort(new Interrupted('Stopped.'));
  };
  process.on('SIGINT', () => end(`${notice}; press Ctrl-C again to end at once`));
  process.on('SIGTERM', () => end(notice));
  return controller.signal;
}
