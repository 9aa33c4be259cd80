import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Interrupted, UsageError } from '../../../workers/command/exit.ts';
import { journalBeside, measure, type Profiler } from '../../../workers/command/profile.ts';
import { identify, importProfile } from '../../../workers/store/exchange.ts';
import type { Store } from '../../../workers/store/store.ts';
import { profile } from '../../store/documents.ts';
import { folderOfTest } from '../../temporary-folder.ts';

let folder: string;
let out: string;
let store: Store;

beforeEach(async () => {
  folder = folderOfTest();
  out = join(folder, 'profile.json');
  store = await journalBeside(out);
});
afterEach(() => store.close());

const made = profile('2026-01-02T00:00:00Z');

/** Saves the finished profile in the store, as real profilers do. */
async function keptProfile() {
  const identified = await identify(made);
  await store.saveProfile(identified);
  return identified;
}

function measured(profile: Profiler['profile'] = keptProfile, signal = new AbortController().signal) {
  const settings = { backends: ['cpu' as const], threads: [1], batches: [1], budgetS: 1, seed: 1 };
  return measure({ profile }, store, settings, out, signal);
}

test('a profile that is written leaves no copy, and those of others stay', async () => {
  const other = await store.saveProfile(await identify(profile('2026-01-01T00:00:00Z')));
  await measured();
  expect(importProfile(await readFile(out, 'utf8'), out)).toEqual(made);
  expect(await store.listProfiles()).toEqual([other]);
});

test('a profile that cannot be written is kept, and the error says where', async () => {
  await mkdir(out);
  const error = (await measured().catch((thrown) => thrown)) as Error;
  expect(error).toBeInstanceOf(UsageError);
  const kept = /profile\.json cannot be written: .+ The finished profile is kept: copy it from (.+)\.$/.exec(
    error.message,
  )?.[1];
  expect(importProfile(await readFile(kept!, 'utf8'), kept!)).toEqual(made);
});

test.runIf(process.platform === 'linux')('a folder that cannot be made is told with the remedy', async () => {
  await expect(journalBeside('/proc/new/plan.json')).rejects.toThrow(
    /^\/proc\/new\/\.ipa-edge, which keeps finished measurements, cannot be written: .+ Place plan\.json in a folder/,
  );
});

const stopped = AbortSignal.abort(new Interrupted('Stopped.'));

test('after Ctrl-C the message says that finished measurements are kept', async () => {
  await expect(measured(async () => stopped.throwIfAborted() as never, stopped)).rejects.toThrow(
    'Finished measurements are kept',
  );
});

test('after Ctrl-C the message of a profiler that keeps nothing stays, so that nobody waits for kept measurements', async () => {
  const lost = new Interrupted('Nothing of it is kept.');
  await expect(measured(() => Promise.reject(lost), stopped)).rejects.toBe(lost);
});
