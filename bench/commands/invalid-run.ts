import type { RunReport } from '../../solver/documents/run-report.ts';
import { ms } from '../../workers/command/terminal.ts';

/** Requests of some runs were sent so late that the results show the late sending and not the variants that ran. */
class InvalidRunError extends Error {
  override name = 'InvalidRunError';
  /** @param remedy tells what else the user can change so that requests are sent in time; it continues a sentence */
  constructor(runs: readonly Pick<RunReport, 'name' | 'backends' | 'load'>[], remedy: string) {
    const lines = runs.map(
      ({ name, backends, load }) =>
        `Requests were sent ${ms(load.latenessP99Ms)} ms late (p99) in the run ${name} (${backends.join(' + ')}).`,
    );
    super(
      `${lines.join('\n')}\nThis does not show what the variants of ${runs.length === 1 ? 'the run' : 'these runs'} can do: workers or other programs held the cores when requests were due. ` +
        `End other programs, or ${remedy}`,
    );
  }
}

/** The error that names the runs that are not valid; undefined if all are. @param remedy as in {@link InvalidRunError} */
export function invalidRuns(runs: readonly RunReport[], remedy: string): InvalidRunError | undefined {
  const invalid = runs.filter(({ load }) => !load.valid);
  return invalid.length > 0 ? new InvalidRunError(invalid, remedy) : undefined;
}
