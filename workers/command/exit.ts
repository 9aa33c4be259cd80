/** Ctrl-C, or a signal like it. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** What was asked for cannot be understood or is not possible; the message names the option. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Errors of what the user gave, by name: some come out of a page, where classes do not survive. */
const BAD_INPUT = new Set([
  'UsageError',
  'InvalidDocumentError',
  'UnsupportedDocumentError',
  'MissingFileError',
  'NoModelsError',
  'ChecksumError',
  'InvalidPackError',
  'ModelLoadError',
  'ModelMismatchError',
  'BackendUnavailableError',
  'NothingMeasuredError',
  'OutsideModelFolderError',
  'PlanRefusedError',
  'NotDeployableError',
  'NoClusterError',
  'NoPreviousPlanError',
  'NothingAppliedError',
]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  return BAD_INPUT.has((error as Error | null)?.name ?? '') ? 2 : 1;
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
