import type { MeasuredCell } from '../../solver/documents/cell.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import type { JournalEntry } from '../../workers/store/exchange.ts';

const hash = 'a'.repeat(64);

export function measuredCell(batch: number): MeasuredCell {
  const inferenceMs = [0.1 + 0.2, 1e-7, 12.345678901234567];
  return {
    stage: 'detect',
    variant: 'small',
    backend: 'wasm',
    threads: 1,
    batch,
    state: 'measured',
    cold: { loadMs: 1, createMs: 2, firstRunMs: 3 },
    warmupRuns: 4,
    inferenceMs,
    handlingMs: [0, 0, 0.5],
    latencyMs: summaryOf(inferenceMs),
    outputs: { maxAbsError: 0, agree: true },
    flags: ['few-samples'],
  };
}

export const cellEntry = (batch: number): JournalEntry => ({ kind: 'cell', cell: measuredCell(batch) });

export const accuracyEntries: readonly JournalEntry[] = [
  { kind: 'variant-accuracy', stage: 'detect', variant: 'small', score: { value: 0.5, n: 10 } },
  { kind: 'fan-out', fanOut: { stage: 'detect', upstream: {}, counts: [1, 1] } },
  {
    kind: 'combination',
    endToEnd: { variants: { detect: 'small' }, metric: 'F1', value: 0.25, n: 1, counts: [[1, 3, 3]] },
  },
];

export const profile = (createdAt: string): Profile => ({
  schema: 'ipa-edge/profile@1',
  createdAt,
  pipeline: 'fashion',
  device: {
    environment: 'browser',
    agent: 'Chromium 156 – “été” </script>',
    platform: 'Linux',
    logicalCores: 2,
    adapter: null,
    ortVersion: '1.30.0',
    ortBuild: 'jspi',
    crossOriginIsolated: true,
    timerGrainMs: 0.005,
  },
  settings: { seed: 1, budgetS: 10, batches: [1, 2], slaMs: 100 },
  stages: [
    {
      name: 'detect',
      task: 'object-detection',
      metric: 'F1',
      variants: [
        { name: 'small', sha256: hash, sizeBytes: 1, accuracy: { published: 0.5, measured: null } },
        { name: '10', sha256: hash, sizeBytes: 2, accuracy: { published: 0.7, measured: null } },
      ],
    },
  ],
  cells: [measuredCell(1), measuredCell(2)],
  fanOut: [{ stage: 'detect', upstream: {}, counts: [1] }],
  endToEnd: [],
  coRun: [],
});
