import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { roundTripsMs } from '../../solver/documents/cell.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { summaryOf } from '../../solver/math/statistics.ts';
import { IPA_EDGE } from '../compiled.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { ipaEdgeHere } from './command.ts';

const PATH = fileURLToPath(new URL('../solver/fixtures/fashion-node.json', import.meta.url));
const profile = parseProfile(JSON.parse(readFileSync(PATH, 'utf8')), PATH);

/** Plans for a low rate, and returns the memory of the models of all replicas and their standbys, in MiB. */
async function planned(...more: string[]): Promise<number> {
  const asked = ['--profile', PATH, '--sla', '200', '--rate', '5', '--json', ...more];
  const plan: Plan = JSON.parse((await ipaEdgeHere(['plan', ...asked])).stdout);
  const sizeOf = (stage: string, name: string) =>
    profile.stages.find((one) => one.name === stage)!.variants.find((variant) => variant.name === name)!
      .sizeBytes;
  const bytes = plan.stages.map(
    ({ name, variant, standby, replicas }) =>
      replicas * (sizeOf(name, variant) + (standby ? sizeOf(name, standby.variant) : 0)),
  );
  return bytes.reduce((sum, one) => sum + one, 0) / 2 ** 20;
}

test('--memory bounds the models of a plan, with those of its standbys', async () => {
  expect(await planned()).toBeGreaterThan(1);
  const bounded = await planned('--memory', '0.5');
  expect(bounded).toBeLessThanOrEqual(0.5);
  expect(bounded).toBeGreaterThan(0.25);
});

test('names on stderr what it is at, which takes seconds on a large profile', async () => {
  const asked = ['--profile', PATH, '--sla', '200', '--rate', '5', '--frontier', '--json'];
  const { stdout, stderr } = await ipaEdgeHere(['plan', ...asked]);
  expect(stderr).toBe('planning\nfinding the frontier\n');
  expect(Object.keys(JSON.parse(stdout))).toContain('plan');
});

test('too little memory is told in the unit of --memory, with as much as is enough', async () => {
  const asked = ['plan', '--profile', PATH, '--sla', '200', '--rate', '5', '--memory'];
  const { code, stderr } = await ipaEdgeHere([...asked, '0.001']);
  expect(code).toBe(1);
  const needed = /of memory may be used, but at least (\S+) MiB are needed/.exec(stderr)![1]!;
  expect((await ipaEdgeHere([...asked, needed])).code).toBe(0);
});

/** The profile with one batch of each cell's 30 a second longer, which the bound of a stage at p95 does not show. */
const withStragglers = (): Profile => ({
  ...profile,
  cells: profile.cells.map((cell) => {
    if (cell.state !== 'measured') return cell;
    const slow = { ...cell, inferenceMs: cell.inferenceMs.map((ms, i) => (i === 0 ? ms + 1000 : ms)) };
    return { ...slow, latencyMs: summaryOf(roundTripsMs(slow)) };
  }),
});

test('a plan that no simulation confirms is written, but the command fails and says which share keeps the SLA', async () => {
  const folder = folderOfTest();
  const [from, out] = [join(folder, 'profile.json'), join(folder, 'plan.json')];
  await writeFile(from, JSON.stringify(withStragglers()));
  const asked = ['--profile', from, '--sla', '200', '--rate', '5', '--out', out];
  const { code, stdout, stderr } = await ipaEdgeHere(['plan', ...asked]);
  expect(stdout).toMatch(/NOT CONFIRMED[\s\S]*wrote /);
  expect(stderr).toMatch(/the plan answers \d+\.\d % of the requests within 200 ms; 95 % are required/);
  expect(code).toBe(1);
  const written = parsePlan(JSON.parse(await readFile(out, 'utf8')), out);
  expect(written.predicted.slaAttainment).toBeLessThan(0.95);
});

test.skipIf(!existsSync('/dev/full'))('if stdout is on a full disk, the command says so', async () => {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  const child = spawn(process.execPath, [IPA_EDGE, 'plan', '--help'], { stdio: ['ignore', full, 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  expect(await text(child.stderr!)).toBe(
    'ipa-edge: The output cannot be written: the disk is full (UsageError)\n',
  );
  expect(await ended).toBe(2);
});
