import type { RunReport } from '../documents/run-report.ts';
import { batchTimeSentences } from './batch-times.ts';
import { escalationSentences } from './cascade-text.ts';

/** Sentences on what the table of results does not tell of a run: its cascades and standbys, and batches that took unexpected times. */
export const runSentences = (run: RunReport): string[] => [
  ...escalationSentences(run),
  ...batchTimeSentences(run),
];
