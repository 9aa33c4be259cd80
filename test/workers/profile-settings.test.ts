import { expect, test } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { profile } from '../../workers/profiler/profile.ts';
import type { Store } from '../../workers/store/store.ts';
import { environment } from './with-runs.ts';

test.each([
  { backends: [] },
  { backends: ['gpu' as 'webgpu'] },
  { threads: [0] },
  { batches: [2, 4] },
  { batches: [1, 4, 2] },
  { budgetS: 0 },
  { seed: 0.5 },
  { slaMs: -1 },
])('the settings %j are refused before anything is read or measured', async (wrong) => {
  const settings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1, ...wrong } as const;
  const unread = { models: {} as LoadedManifest, store: {} as Store };
  await expect(profile({ ...unread, environment, settings })).rejects.toBeInstanceOf(InvalidDocumentError);
});
