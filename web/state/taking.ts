import { computed, signal } from '@preact/signals';
import { ModelChecker } from '../engine/check-model.ts';
import { checkSize } from './file-size.ts';
import { listOwn } from './pipelines.ts';
import { running } from './profiling.ts';
import { trying } from './trying.ts';

/** Something is measured or run, which checking a model beside it would disturb. */
export class MeasuringError extends Error {
  override name = 'MeasuringError';
  constructor() {
    super(
      'A profile is measured or a plan is run, and checking a model beside it would disturb it. Wait for its end, or stop it.',
    );
  }
}

/** What is being taken in, e.g. `Checking mine.onnx`; null: nothing. */
export const taking = signal<{ readonly what: string; readonly controller: AbortController } | null>(null);
/** Whether nothing can be taken in at the moment. */
export const busy = computed(() => taking.value !== null || running.value !== null || trying.value !== null);
/** What was taken in last, in words. */
export const taken = signal<string | null>(null);

/** Larger files do not fit a worker's memory beside their session. */
const MOST_BYTES = 1e9;
/** What the work of taking something in is given. */
export interface Take {
  readonly checker: ModelChecker;
  readonly signal: AbortSignal;
  /** Says what is done now. @throws the signal's reason where it was cancelled */
  tell(what: string): void;
}

let last: Promise<unknown> = Promise.resolve();

/** Takes in one thing after the other. What is cancelled ends without an error. @throws MeasuringError */
export function take(work: (take: Take) => Promise<void>): Promise<void> {
  const mine = last.then(async () => {
    if (running.value || trying.value) throw new MeasuringError();
    const controller = new AbortController();
    const { signal } = controller;
    const checker = new ModelChecker(signal);
    const tell = (what: string) => {
      signal.throwIfAborted();
      taking.value = { what, controller };
    };
    taken.value = null;
    try {
      await work({ checker, signal, tell });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      checker.close();
      taking.value = null;
      await listOwn();
    }
  });
  last = mine.catch(() => {});
  return mine;
}

/** @throws FileTooLargeError */
export async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  checkSize(file, MOST_BYTES);
  return new Uint8Array(await file.arrayBuffer());
}
