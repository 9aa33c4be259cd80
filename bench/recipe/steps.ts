import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Recipe } from '../../models/hub/recipe.ts';
import { CodedError } from '../../solver/documents/coded-error.ts';
import { sha256OfText } from '../../solver/math/sha256.ts';
import { Interrupted } from '../../workers/command/exit.ts';

/** The steps that make the labelled pack of a recipe. */

interface Step {
  /** The step as a user would type it. */
  readonly line: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** Makes bash write the name of a missing program to descriptor 3, because its own message depends on the user's language. */
const NOTE_MISSING = 'command_not_found_handle() { echo "$1" >&3; return 127; }';

export const dataSteps = ({ data }: Recipe, manifest: string): Step[] => {
  const pack = ['pack', '--manifest', manifest, ...data.pack];
  const quoted = pack.map((word) =>
    /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return [
    ...data.prepare.map((line) => ({
      line,
      program: 'bash',
      args: ['-eo', 'pipefail', '-c', `${NOTE_MISSING}\n${line}`],
    })),
    {
      line: `npx ipa-edge ${quoted.join(' ')}`,
      program: process.execPath,
      args: [process.argv[1]!, ...pack],
    },
  ];
};

/** Describes a recipe's labelled items, with their licence and source. */
export const dataText = ({ data }: Recipe): string =>
  `Labelled items: ${data.about}\nLicence: ${data.licence}. From ${data.address}`;

interface StepOptions {
  /** The folder in which the steps run. A file in it marks each finished step, which then does not run again. */
  readonly folder: string;
  /** Whether the manifest has a pack. If not, the last step runs even if it is marked as finished. */
  readonly packed: boolean;
  readonly signal: AbortSignal;
  /** Gets each step before it runs. */
  say(text: string): void;
}

/** @throws StepFailedError, Interrupted */
export async function runSteps(
  steps: readonly Step[],
  { folder, packed, signal, say }: StepOptions,
): Promise<void> {
  const throwIfStopped = () => {
    if (signal.aborted)
      throw new Interrupted('Stopped. Finished steps are kept: run the same command again to continue.');
  };
  await mkdir(folder, { recursive: true });
  for (const [i, step] of steps.entries()) {
    // The note's name is a hash of all lines so far, so that a changed recipe runs again from the first changed step on.
    const lines = steps.slice(0, i + 1).map(({ line }) => line);
    const note = join(folder, `.done-${sha256OfText(lines.join('\n')).slice(0, 16)}`);
    if (existsSync(note) && (packed || i < steps.length - 1)) continue;
    // Ctrl-C does not reach a step that starts after it.
    throwIfStopped();
    say(`step ${i + 1} of ${steps.length}, in ${folder}:\n  ${step.line}`);
    const { missing, code } = await runStep(step, folder, signal);
    throwIfStopped();
    if (code !== 0) throw new StepFailedError(i + 1, step, missing, code);
    await writeFile(note, `${step.line}\n`);
  }
}

/**
 * @returns `missing`, the name of a program that was not found, or an empty text; and `code`, the step's exit code, or null if a
 * signal ended the step or it could not start
 */
async function runStep({ program, args }: Step, cwd: string, signal: AbortSignal) {
  // A process group lets a stop end the programs of a shell line too. Output goes to stderr: stdout is for the report only.
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 2, 2, 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const unknown = new Promise<string>((resolve) => child.once('error', () => resolve(program)));
  const noted = text(child.stdio[3] as NodeJS.ReadableStream);
  const stop = () => child.pid !== undefined && process.kill(-child.pid);
  signal.addEventListener('abort', stop);
  const missing = child.pid === undefined ? await unknown : (await noted).trim();
  const code = child.pid === undefined ? null : await ended;
  signal.removeEventListener('abort', stop);
  return { missing, code };
}

class StepFailedError extends CodedError {
  override name = 'StepFailedError';
  constructor(number: number, { line }: Step, missing: string, code: number | null) {
    const [program] = missing.split('\n');
    super(
      `Step ${number} of the recipe failed: ${
        program
          ? `the program ${program} is not installed. Install it`
          : `${code === null ? 'a signal ended it' : `it ended with exit code ${code}`}, after the messages above. Mend what they say`
      }, then run the same command again: finished steps are not repeated. The step is\n  ${line}`,
    );
  }
}
