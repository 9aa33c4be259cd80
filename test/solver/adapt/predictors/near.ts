import { expect } from 'vitest';
import type { Forecast } from '../../../../solver/adapt/predictors/predictor.ts';

/** Expects equal forecasts but for 1 request/s: builds of ONNX Runtime differ in the last digit, which may change a rounding. */
export function expectNear(forecast: Forecast, expected: Forecast): void {
  expect(Math.abs(forecast.medianPerS - expected.medianPerS)).toBeLessThanOrEqual(1);
  expect(Math.abs(forecast.p90PerS - expected.p90PerS)).toBeLessThanOrEqual(1);
}
