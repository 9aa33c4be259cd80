import type { Command } from 'commander';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { UsageError } from './exit.ts';

/** Returns why a backend cannot be used where the models run, or null when the backend can be used. */
export type WhyUnavailable = (backend: Backend) => Promise<string | null>;

/**
 * Checks the backends of `--backend`. Without the option, default backends that cannot be used are left out, and a line on
 * stderr says so.
 * @throws UsageError if a given backend cannot be used, or no default one can; or if `--threads` is given, which backends on a
 *   GPU do not have
 */
export async function availableBackends(
  command: Command,
  backends: readonly Backend[],
  whyUnavailable: WhyUnavailable,
): Promise<Backend[]> {
  const reasons = await Promise.all(
    backends.map(async (backend) => ({ backend, why: await whyUnavailable(backend) })),
  );
  const missing = reasons.filter(({ why }) => why !== null);
  const available = reasons.filter(({ why }) => why === null).map(({ backend }) => backend);
  const text = missing.map(({ backend, why }) => `${backend} is not available: ${why}.`).join(' ');
  if (missing.length > 0 && (command.getOptionValueSource('backend') === 'cli' || available.length === 0))
    throw new UsageError(`${text} Choose another with --backend.`);
  if (command.getOptionValueSource('threads') === 'cli' && available.every(onGpu))
    throw new UsageError(
      `${available.join(' and ')} run${available.length > 1 ? '' : 's'} on the GPU, without threads of the CPU: leave --threads out, or choose wasm or cpu with --backend.`,
    );
  if (text) console.error(`${text} Going on with ${available.join(', ')}.`);
  return available;
}
