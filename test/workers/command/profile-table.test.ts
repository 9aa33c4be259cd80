import { expect, test } from 'vitest';
import { profileTable } from '../../../workers/command/profile.ts';
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
