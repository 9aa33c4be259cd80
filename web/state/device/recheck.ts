import { BackendUnavailableError } from '../../../workers/runtime/errors.ts';
import { checked } from '../app.ts';
import { preflight } from './preflight.ts';

/** Checks the device again if an error says that a backend, such as the GPU, is gone since the page was opened. */
export async function recheckAfter(error: unknown): Promise<void> {
  if (error instanceof BackendUnavailableError) checked.value = await preflight();
}
