import type { Backend } from '../../solver/documents/common.ts';
import { BackendUnavailableError } from '../runtime/errors.ts';
import type { Environment } from './environment.ts';

/** @throws BackendUnavailableError if the backend cannot run on this machine now */
export async function checkAvailable(
  environment: Pick<Environment, 'unavailable'>,
  backend: Backend,
): Promise<void> {
  const why = await environment.unavailable(backend);
  if (why !== null) throw new BackendUnavailableError(backend, why);
}
