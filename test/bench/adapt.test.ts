import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { sha256Of, sizeBytesOf } from '../../solver/documents/manifest.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { parseRunReport, type RunReport } from '../../solver/documents/run-report.ts';
import { exportProfile } from '../../workers/store/exchange.ts';
import { cell, profile as profileOf } from '../solver/profiles.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { loadFashion } from '../workers/fashion.ts';
import { ipaEdge, ipaEdgeHere, refusal } from './command.ts';

const folder = folderOfFile();
const path = (file: string) => join(folder, file);

/**
 * Makes a profile of the shipped models on wasm with times that are about ten times too long, so that no machine is busy with a
 * load that the plan takes for heavy. By these times, only the faster variants keep up with 13 requests/s.
 */
async function slowAsIs(): Promise<Profile> {
  const { manifest } = await loadFashion();
  const times = { det4: 12, det8: 180, linear: 3, mlp64: 6 };
  const stages = manifest.stages.map(({ name, task, variants }) => ({
    name,
    task,
    metric: 'F1',
    variants: variants
      .filter((variant) => variant.name in times)
      .map((variant) => ({
        name: variant.name,
        sha256: sha256Of(variant),
        sizeBytes: sizeBytesOf(variant),
        accuracy: { published: variant.accuracy, measured: null },
      })),
  }));
  const cells = stages.flatMap(({ name, variants }) =>
    variants.map((variant) => {
      const ms = times[variant.name as keyof typeof times];
      return cell(name, variant.name, 'wasm', 1, Array<number>(20).fill(1 + ms), {
        cold: { loadMs: 10, createMs: 50, firstRunMs: 10 },
      });
    }),
  );
  const [first, second] = stages.map(({ name }) => name);
  const fanOut = [
    { stage: first!, upstream: {}, counts: [1] },
    { stage: second!, upstream: {}, counts: [3] },
  ];
  const made = profileOf(cells, { pipeline: manifest.name, stages, fanOut });
  return { ...made, device: { ...made.device, environment: 'browser' } };
}

let report: RunReport;
let said: string;

beforeAll(async () => {
  writeFileSync(path('profile.json'), exportProfile(await slowAsIs()));
  // On an idle machine the first plan serves again 9 s after the burst. On a busy one requests come late, and models start
  // slowly, so the trace goes on for longer.
  const rates = [...Array(4).fill(1), ...Array(4).fill(13), ...Array(48).fill(1)];
  writeFileSync(path('trace.json'), JSON.stringify({ rates }));
  const given = ['--sla', '2000', '--rate', '1', '--cores', '2'];
  await ipaEdgeHere(['plan', '--profile', path('profile.json'), ...given, '--out', path('plan.json')]);
  const load = ['--adapt', '--trace', path('trace.json'), '--interval', '2s', '--predictor', 'learned'];
  const ran = await ipaEdge(['run', '--plan', path('plan.json'), ...load, '--out', path('report.json')]);
  // On a busy machine the load comes late, and the command says so: plans follow it all the same.
  if (ran.code !== 0 && !ran.stderr.includes('Requests were sent')) throw new Error(ran.stderr);
  said = ran.stderr;
  report = parseRunReport(JSON.parse(readFileSync(path('report.json'), 'utf8')), 'report.json');
});

const detectors = () => report.plans.map(({ plan }) => plan.stages[0]!.variant);

test('an adapting run in a headless browser goes to faster variants for a burst and back after it', () => {
  expect(detectors()[0]).toBe('det8');
  expect(detectors()).toContain('det4');
  expect(detectors().at(-1)).toBe('det8');
});

test('it says that the predictions are of another device, and what to do', () => {
  expect(said).toMatch(
    /predictions are of another device than this one:\n {2}it is of a device whose .*profile here and plan again\./s,
  );
});

test('no request of it fails', () => {
  const { completed, shed, failed } = report.result;
  expect(failed).toBe(0);
  expect(completed + shed).toBe(report.load.requests);
});

test('its report tells what was foreseen, and its page is written beside it', () => {
  expect(report.adaptation).toMatchObject({ system: 'ours', predictor: 'learned', intervalS: 2 });
  expect(report.adaptation!.steps.length).toBeGreaterThanOrEqual(8);
  expect(readFileSync(path('report.html'), 'utf8')).toContain('"adaptation"');
});

test('it refuses a profile that the plan was not made from', async () => {
  const other = { ...(await slowAsIs()), createdAt: '2026-02-02T00:00:00Z' };
  writeFileSync(path('other.json'), exportProfile(other));
  const args = [
    '--plan',
    path('plan.json'),
    '--adapt',
    '--profile',
    path('other.json'),
    '--out',
    path('x.json'),
  ];
  expect(await refusal(['run', ...args])).toContain('is not the profile that the plan was made from');
});
