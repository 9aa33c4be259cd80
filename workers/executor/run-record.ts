import type { Pack } from '../../models/packs/pack.ts';
import type { Adaptation, RunReport } from '../../solver/documents/run-report.ts';
import type { RanInPlan, SettledItems } from '../../solver/report/outcomes.ts';
import type { Judge } from './judge.ts';
import type { BatchRecord, RequestAnswer } from './types.ts';

export interface RunRecord {
  readonly pack: Pack;
  readonly device: RunReport['device'];
  readonly answers: readonly RequestAnswer[];
  /** For each request, the time at which it was sent minus its scheduled time, in ms. */
  readonly lateness: readonly number[];
  readonly judge: Judge;
  readonly batches: readonly (BatchRecord & RanInPlan)[];
  readonly settled: readonly SettledItems[];
  readonly events: RunReport['events'];
  /** For each request, the index of its item in the pack. */
  readonly packItems: Int32Array;
  /** The plans that served, with the time when each began. */
  readonly plans: RunReport['plans'];
  readonly steps: Adaptation['steps'];
}
