import { expect, test } from 'vitest';
import { costText, costUnit } from '../../web/components/cost.ts';
import { fashionReport } from './report-fixtures.ts';

test('what cost is made of names the GPU only where one may run', () => {
  const prices = { pricePerCore: 1, pricePerGpu: 8 };
  expect(costUnit(prices, ['wasm', 'webgpu'])).toBe('(cores + 8 × GPU share)');
  expect(costUnit(prices, ['wasm'])).toBe('(cores)');
});

test('the cost of a plan on cores alone is a number of cores', () => {
  const { plan } = fashionReport().runs[0]!.plans[0]!;
  const onCores = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, backend: 'wasm' as const })) };
  expect([1, 0.9999, 2].map((cost) => costText(cost, onCores))).toEqual(['1 core', '1 core', '2 cores']);
});
