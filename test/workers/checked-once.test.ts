import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { PROFILE, profileSchema } from '../../solver/documents/profile.ts';
import { readJson, writeJson } from '../../workers/command/files.ts';
import { Planner } from '../../workers/planner/planner.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { pipeline } from '../solver/pipelines.ts';
import { request } from '../solver/profiles.ts';
import { folderOfTest } from '../temporary-folder.ts';

test('a profile from a file is checked and hashed once, whoever saves it, lists it and plans on it', async () => {
  const folder = folderOfTest();
  const file = join(folder, 'profile.json');
  await writeJson(file, pipeline({ stages: { detect: { s: { accuracy: 0.8, ms: 20 } } } }));
  const checks = vi.spyOn(profileSchema, 'safeParse');
  const hashes = vi.spyOn(crypto.subtle, 'digest');

  const measured = await readJson(file, parseIdentified);
  const store = await openFileStore(folder);
  const entry = await store.saveProfile(measured);
  expect(await store.listProfiles()).toEqual([entry]);
  const planner = await Planner.open(measured);
  const plan = planner.plan(request({ slaMs: 1000 }));

  expect(plan.profile.sha256).toBe(entry.id);
  expect(measured.profile.schema).toBe(PROFILE);
  expect(checks).toHaveBeenCalledTimes(1);
  expect(hashes).toHaveBeenCalledTimes(1);
  store.close();
});
