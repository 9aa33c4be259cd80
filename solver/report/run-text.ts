import type { RunReport } from '../documents/run-report.ts';
import { batchTimeSentences } from './batch-times.ts';
import { escalationSentences } from './cascade-text.ts';

/**
 * Sentences to show below a run's table of results: what cascades and standbys did, and whether batches took as long as expected.
 */
export const runSentences = (run: RunReport): string[] => [
  ...escalationSentences(run),
  ...batchTimeSentences(run),
];
