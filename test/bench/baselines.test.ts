import { expect, test } from 'vitest';
import { fastestBaseline, variantsByTime } from '../../bench/comparison/baselines.ts';
import { cell, profile, request, runs } from '../solver/profiles.ts';

const MISMATCH = { outputs: { maxAbsError: 1, agree: false }, flags: ['output-mismatch' as const] };

test('the heaviest variants are the slowest of those whose outputs agree with the reference', () => {
  const given = profile([
    cell('detect', 's', 'webgpu', 1, runs(5)),
    cell('detect', 'm', 'webgpu', 1, runs(12)),
    cell('classify', 's', 'webgpu', 1, runs(4)),
    cell('classify', 'l', 'webgpu', 1, runs(10), MISMATCH),
  ]);
  expect(variantsByTime(given, 'heaviest', ['webgpu'])).toEqual({ detect: 'm', classify: 's' });
});

test('a baseline runs on the fastest backend on which the outputs of all its variants agree', () => {
  const given = profile([
    cell('detect', 's', 'webgpu', 1, runs(5)),
    cell('classify', 's', 'webgpu', 1, runs(4), MISMATCH),
    cell('detect', 's', 'wasm', 1, runs(20)),
    cell('classify', 's', 'wasm', 1, runs(10)),
  ]);
  const { options } = fastestBaseline(given, { detect: 's', classify: 's' }, request());
  expect(options.map(({ cell: { backend } }) => backend)).toEqual(['wasm', 'wasm']);
});
