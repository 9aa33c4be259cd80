import { expect, test } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type ProfileOptions, profile } from '../../workers/profiler/profile.ts';
import type { Store } from '../../workers/store/store.ts';
import { environment } from './with-runs.ts';

const unread = {
  models: { readPack: () => expect.unreachable('the pack was read') } as unknown as LoadedManifest,
  store: { readJournal: () => expect.unreachable('the journal was read') } as unknown as Store,
};

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
  await expect(profile({ ...unread, environment, settings })).rejects.toThrow(
    expect.objectContaining({
      name: 'InvalidDocumentError',
      message: expect.stringMatching(
        /^The argument of profile is not valid:\n {2}settings\.\w+(\[0\])?: .+$/,
      ),
    }),
  );
});

test.each([
  [undefined, '(root): expected object, found nothing'],
  [{ models: Promise.resolve() }, 'models: expected the manifest that loadManifest has loaded, found {}'],
  [{ environment: nodeEnvironment }, 'environment: expected what environment() returns, found '],
  [{ store: undefined }, 'store: expected the store that openStore has opened, found nothing'],
  [{ settings: undefined }, 'settings: expected object, found nothing'],
  [{ signal: 5 }, 'signal: expected an AbortSignal, found 5'],
  [{ onProgress: 'log' }, 'onProgress: expected a function, found "log"'],
])('the argument %j of profile is refused with what is wrong', async (wrong, problem) => {
  const settings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 } as const;
  const options = wrong && { ...unread, environment, settings, ...wrong };
  const refused = profile(options as unknown as ProfileOptions);
  await expect(refused).rejects.toBeInstanceOf(InvalidDocumentError);
  await expect(refused).rejects.toThrow(problem);
});
