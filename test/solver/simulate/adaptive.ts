import { lastWindow } from '../../../solver/adapt/predictors/last-window.ts';
import type { StandingRequest } from '../../../solver/adapt/standing-request.ts';
import { requestResult } from '../../../solver/report/run-result.ts';
import {
  type AdaptationInput,
  type AdaptationResult,
  simulateAdaptation,
} from '../../../solver/simulate/adaptation.ts';
import { arrivalsOf } from '../../../solver/simulate/arrivals.ts';
import { pipeline } from '../pipelines.ts';
import { request, resources } from '../profiles.ts';

/** A pipeline, and how it is simulated under a load that changes. */

const SLA_MS = 500;

const { ratePerS: _, ...rest } = request({
  slaMs: SLA_MS,
  resources: resources({ cores: 40, gpus: 0 }),
});
export const standing: StandingRequest = { ...rest, minRatePerS: 0 };

/** Each stage has a fast and an accurate variant; all batches of a size take the same time. */
export const profile = pipeline({
  stages: {
    detect: { s: { accuracy: 0.6, ms: 10 }, l: { accuracy: 0.9, ms: 60 } },
    classify: { s: { accuracy: 0.7, ms: 5 }, l: { accuracy: 0.8, ms: 30 } },
  },
  spread: 1,
  items: [0, 1, 2],
});

export const trace = (rates: number[], seed = 1): Float64Array =>
  arrivalsOf({ rates, intervalS: 1 }, { scale: 1, seed, kind: 'exact' });
export const seconds = (count: number, rate: number): number[] => Array<number>(count).fill(rate);

type Case = Pick<AdaptationInput, 'system'> & Partial<AdaptationInput> & { rates: number[] };

export const adaptive = ({ rates, ...more }: Case): AdaptationInput => ({
  profile,
  predictor: lastWindow,
  arrivalsMs: trace(rates),
  durationS: rates.length,
  intervalMs: 5000,
  startMs: () => 1000,
  seed: 1,
  ...more,
});

export const run = (of: Case) => simulateAdaptation(adaptive(of));

export const resultOf = ({ requests }: AdaptationResult, durationS = 1) =>
  requestResult(requests, SLA_MS, durationS);
