import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FROZEN } from '../../bench/adaptation/frozen.ts';
import {
  givenLoads,
  papersTrace,
  partName,
  SameTraceNameError,
  trainingLoads,
  unseenLoads,
} from '../../bench/adaptation/loads.ts';
import { TRACE, type Trace } from '../../solver/documents/trace.ts';
import { folderOfFile } from '../temporary-folder.ts';

const trace = (name: string, rates: number[], intervalS = 1): Trace => ({
  schema: TRACE,
  name,
  unit: 'requests/s',
  intervalS,
  rates,
});

describe('the file of a comparison', () => {
  const hidden = trace('hidden', [1, 2, 3]);
  const name = partName(hidden, FROZEN);

  it('is the same for an equal trace', () => {
    expect(partName(structuredClone(hidden), FROZEN)).toBe(name);
    expect(name).toMatch(/^hidden-p99-0\.02-[0-9a-f]{12}\.json$/);
  });

  it.each([
    ['rates', trace('hidden', [9, 9, 9]), FROZEN],
    ['interval', trace('hidden', [1, 2, 3], 10), FROZEN],
    ['folder', trace('other/hidden', [1, 2, 3]), FROZEN],
    ['percentile', hidden, { ...FROZEN, percentile: 95 }],
    ['weight of switching', hidden, { ...FROZEN, switchShare: 0.03 }],
    ['weights of cost', hidden, { ...FROZEN, betaShares: FROZEN.betaShares.slice(1) }],
  ])('is another one for other %s', (_, load, frozen) => {
    expect(partName(load, frozen)).not.toBe(name);
  });

  it('stays in the folder of its pipeline, whatever path the trace has for its name', () => {
    expect(partName(trace('../../../hidden', [1]), FROZEN)).toMatch(/^hidden-p99/);
  });
});

const folder = folderOfFile();

const file = async (path: string, value: object) => {
  await writeFile(join(folder, path), JSON.stringify(value));
  return join(folder, path);
};

it("loads on which a setting is chosen are marked as training loads, IPA's own trace too", async () => {
  await mkdir(join(folder, 'ipa/traces'), { recursive: true });
  await file('ipa/traces/bursty.json', trace('bursty', [1, 2]));
  vi.stubEnv('IPA_EDGE_REFERENCE', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const training = await trainingLoads('ipa-video');
  expect(training.map(({ name }) => name)).toEqual(['ipa-bursty', 'bursty-1', 'fluctuating-1']);
  for (const load of [...training, ...(await papersTrace('ipa-video'))]) expect(load.training).toBe(true);
  for (const load of unseenLoads('ipa-video')) expect(load.training).toBe(false);
});

describe('the traces that a user gives', () => {
  it('have names of their own, if only from their paths', async () => {
    const paths = [await file('named.json', trace('named', [1])), await file('plain.json', { rates: [2] })];
    const given = await givenLoads(paths);
    expect(given.map(({ rates, training }) => ({ rates, training }))).toEqual([
      { rates: [1], training: false },
      { rates: [2], training: false },
    ]);
  });

  it('are refused if two have one name, with the paths of both', async () => {
    const paths = await Promise.all(
      ['a', 'b', 'c'].map((path, i) => file(path, trace(path === 'a' ? 'first' : 'hidden', [i]))),
    );
    const refused = givenLoads(paths);
    await expect(refused).rejects.toThrow(SameTraceNameError);
    await expect(refused).rejects.toThrow(`${paths[1]} and ${paths[2]} both have the name "hidden"`);
  });
});
