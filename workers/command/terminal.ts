import { cellId } from '../../solver/documents/cell.ts';
import { attainmentFigure } from '../../solver/math/figures.ts';
import type { RunProgress } from '../executor/run-options.ts';
import type { ProfileProgress } from '../profiler/types.ts';
import { printable } from './printable.ts';

/** Shortest time between two updates. A terminal overwrites its line; elsewhere, such as in a log, each update adds a line. */
const EVERY_MS = { terminal: 100, elsewhere: 10_000 };

/** Less work than this share says little about the time that the rest takes. */
const SHARE_MIN = 0.02;

/** Stands for the time of the last line while there is none, so that the first line is written at once. */
const NEVER_MS = Number.NEGATIVE_INFINITY;

/** Whether stderr is a terminal that can rewrite a line. Emacs' shell, for example, is one that cannot. */
const rewritesLines = (): boolean => process.stderr.isTTY && process.env.TERM !== 'dumb';

export class ProgressLine {
  #lastMs = NEVER_MS;
  #shown = false;
  /** Writes the newest line once the time between two updates has passed, so that no older line stays while nothing new happens. */
  #due: NodeJS.Timeout | undefined;

  readonly show = (progress: ProfileProgress | RunProgress): void =>
    this.line(() => ('phase' in progress ? profileLine(progress) : runLine(progress)));

  /**
   * Shows the progress of work whose share `doneBefore` was finished at `startMs` (`performance.now()`).
   * @param done the finished share, from 0 to 1
   */
  readonly share = (what: string, done: number, startMs: number, doneBefore = 0): void =>
    this.line(() => {
      const since = done - doneBefore;
      const timeLeftMs = since >= SHARE_MIN ? ((performance.now() - startMs) * (1 - done)) / since : null;
      return `${bar(done)} ${what}  ${left(timeLeftMs)}`;
    });

  /**
   * Shows the progress of a download that began at `startMs` (`performance.now()`).
   * @param of `movedBytes` counts those of the `doneBytes` that arrived after `startMs`
   */
  readonly bytes = (
    what: string,
    of: { readonly doneBytes: number; readonly totalBytes: number; readonly movedBytes: number },
    startMs: number,
  ): void =>
    this.line(() => {
      const { doneBytes, totalBytes, movedBytes } = of;
      const elapsedMs = performance.now() - startMs;
      // The first second goes mostly into connecting, so it says little about the speed.
      const timeLeftMs =
        movedBytes > 0 && elapsedMs > 1000 ? (elapsedMs * (totalBytes - doneBytes)) / movedBytes : null;
      const counts = `${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`;
      return `${bar(doneBytes / totalBytes)} ${counts}  ${left(timeLeftMs)}  ${what}`;
    });

  line(text: () => string): void {
    const now = performance.now();
    const terminal = rewritesLines();
    const waitMs = this.#lastMs + (terminal ? EVERY_MS.terminal : EVERY_MS.elsewhere) - now;
    clearTimeout(this.#due);
    if (waitMs > 0) {
      this.#due = setTimeout(() => this.line(text), waitMs).unref();
      return;
    }
    this.#lastMs = now;
    const line = printable(text());
    if (terminal) process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 100) - 1)}`);
    else process.stderr.write(`${line}\n`);
    this.#shown = true;
  }

  /** Removes the progress line, so that other output can follow. */
  readonly clear = (): void => {
    clearTimeout(this.#due);
    if (this.#shown && rewritesLines()) process.stderr.write('\r\x1b[K');
    this.#shown = false;
    this.#lastMs = NEVER_MS;
  };
}

const PHASES: Record<ProfileProgress['phase'], string> = {
  models: 'checking models',
  accuracy: 'measuring accuracy',
  cells: 'profiling',
  'co-run': 'measuring workers side by side',
  pauses: 'measuring after pauses',
  refine: 'measuring again',
};

const left = (ms: number | null): string => {
  if (ms === null) return '';
  const seconds = Math.round(ms / 1000);
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s left` : `${seconds} s left`;
};

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 20);
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}]`;
};

const profileLine = ({ phase, done, total, share, timeLeftMs, current }: ProfileProgress): string =>
  `${bar(share)} ${PHASES[phase]} ${done}/${total}  ${left(timeLeftMs)}  ${typeof current === 'string' ? current : cellId(current)}`;

const runLine = ({ run, sent, ended, total, timeLeftMs }: RunProgress): string =>
  `${bar(ended / total)} running ${run}: ${sent} of ${total} sent, ${ended} ended  ${left(timeLeftMs)}`;

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** A table in plain text: left-aligned words, right-aligned numbers; a cell may be empty. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, c) => Math.max(cell.length, ...rows.map((row) => row[c]!.length)));
  const isNumber = header.map((_, c) => rows.every((row) => /^([-–—\d]|$)/.test(row[c]!)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (isNumber[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

export const ms = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? '–'
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2);

export const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** A share of requests in time, rounded down. */
export const inTimeShare = (value: number | null): string =>
  share(value === null ? null : attainmentFigure(value, 3));
