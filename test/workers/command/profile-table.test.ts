import { expect, test } from 'vitest';
import { keyOf } from '../../../solver/documents/cell.ts';
import { checkMeasured, NoCellMeasuredError, profileTable } from '../../../workers/command/profile.ts';
import { cell, profile, runs } from '../../solver/profiles.ts';

test('below its cells a table of a profile says what their flags mean, and no other flags', () => {
  const flagged = cell('classify', 's', 'cpu', 1, runs(2), { flags: ['drift', 'few-samples'] });
  const text = profileTable(profile([cell('detect', 's', 'cpu', 1, runs(2)), flagged]));
  expect(text.split('\n\n')[1]).toBe(
    'drift: the device got slower or faster meanwhile, for instance because it got hot\n' +
      'few-samples: under 20 samples, so there is no p95',
  );
  expect(profileTable(profile([cell('detect', 's', 'cpu', 1, runs(2))]))).not.toContain('\n\n');
});

const failed = (batch: number) => ({
  ...keyOf(cell('detect', 's', 'cpu', batch, runs(2))),
  ...{ state: 'failed' as const, error: `Got: ${batch}\n Expected: 0` },
});

test('below its cells a table of a profile says which failed, and why, once for each variant on a backend', () => {
  expect(profileTable(profile([failed(2), failed(1)])).split('\n\n')[1]).toBe(
    'failed: detect/s on cpu, batch 1: Got: 1 Expected: 0',
  );
});

test('below its cells a table of a profile counts those that were skipped, by reason', () => {
  const skipped = (batch: number, reason: 'budget' | 'breaks-sla') => ({
    ...keyOf(cell('detect', 's', 'cpu', batch, runs(2))),
    ...{ state: 'skipped' as const, reason },
  });
  const cells = [
    cell('detect', 's', 'cpu', 1, runs(2)),
    skipped(2, 'budget'),
    skipped(4, 'budget'),
    skipped(8, 'breaks-sla'),
  ];
  expect(profileTable(profile(cells)).split('\n\n')[1]).toBe(
    'skipped: 1 cell, slower than the SLA\nskipped: 2 cells, no time left in the budget',
  );
});

test('a profile without a measured cell ends the command with an error that says why', () => {
  expect(() => checkMeasured(profile([cell('classify', 's', 'cpu', 1, runs(2)), failed(1)]))).not.toThrow();
  expect(() => checkMeasured(profile([failed(1)]))).toThrow(
    new NoCellMeasuredError('failed: detect/s on cpu, batch 1: Got: 1 Expected: 0'),
  );
  const skipped = { ...keyOf(failed(1)), state: 'skipped' as const, reason: 'budget' as const };
  expect(() => checkMeasured(profile([skipped]))).toThrow('No cell was measured within the budget.');
});
