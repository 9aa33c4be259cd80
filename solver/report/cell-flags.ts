import type { Cell, CellFlag } from '../documents/cell.ts';

/** The meaning of each flag of a cell. */
export const FLAGS: Record<CellFlag, string> = {
  'software-adapter': 'WebGPU ran on the CPU, so the figures say nothing about a GPU',
  'hidden-page': 'the page was hidden while it was measured, so the browser may have slowed it',
  drift: 'the device got slower or faster meanwhile, for instance because it got hot',
  'timer-grain': 'the median is less than 20 timer steps, so it is coarse',
  'cpu-fallback': 'some operators of the model ran on the CPU',
  'output-mismatch': "the outputs differ from the reference backend's, so no plan uses this cell",
  'few-samples': 'under 20 samples, so there is no p95',
  'not-warm': 'latency was still changing when the warm-up reached its limit',
  published: 'not measured here, but drawn from a log-normal distribution with a published mean and p99',
  reconstructed: 'not measured here, since the mean or p99 was derived from other published figures',
};

/** Why a cell was skipped. */
export const SKIPS: Record<Extract<Cell, { state: 'skipped' }>['reason'], string> = {
  'breaks-sla': 'slower than the SLA',
  'no-more-items-per-second': 'a smaller batch already gave as many items per second',
  'out-of-memory': 'out of memory',
  budget: 'no time left in the budget',
};
