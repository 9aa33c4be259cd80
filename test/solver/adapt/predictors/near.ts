import { expect } from 'vitest';
import type { Forecast } from '../../../../solver/adapt/predictors/predictor.ts';

/** Builds of ONNX Runtime round differently in the last digit, which may tip a whole number. */
export function expectNear(forecast: Forecast, expected: Forecast): void {
  expect(Math.abs(forecast.medianPerS - expected.medianPerS)).toBeLessThanOrEqual(1);
  expect(Math.abs(forecast.p90PerS - expected.p90PerS)).toBeLessThanOrEqual(1);
}
