import type { Command } from 'commander';
import type { Backend } from '../../solver/documents/common.ts';
import { UsageError } from './exit.ts';

/** Tells of a backend why it cannot be used where the models run; null: it can. */
export type WhyUnavailable = (backend: Backend) => Promise<string | null>;

/**
 * The backends of `--backend` that can be used. Where the option was not given, a default backend that is missing is left
 * out, with a line on stderr.
 * @throws UsageError where a backend that was given is missing, or every default one
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
  if (text) console.error(`${text} Going on with ${available.join(', ')}.`);
  return available;
}
