import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { SYSTEMS } from '../../bench/adaptation/rivals.ts';
import { parseReport } from '../../solver/documents/report.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import { pipeline } from '../solver/pipelines.ts';
import { cell } from '../solver/profiles.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { ipaEdge, ipaEdgeHere, type Ran, refusal } from './command.ts';

let folder: string;
const inFolder = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = folderOfTest();
});

function file(name: string, content: unknown): string {
  writeFileSync(inFolder(name), JSON.stringify(content));
  return inFolder(name);
}

const ran = (out: string): RunReport => parseReport(JSON.parse(readFileSync(out, 'utf8')), out) as RunReport;

async function simulate(...args: string[]): Promise<Ran & { report: RunReport }> {
  const out = inFolder('report.json');
  const result = await ipaEdgeHere(['simulate', '--predictor', 'last-window', '--out', out, ...args]);
  // The command writes nothing but its progress to stderr.
  expect(result.stderr).toMatch(/^(\[[#.]+\] simulating .*\n)*$/);
  expect(result.code).toBe(0);
  return { ...result, report: ran(out) };
}

const stages = {
  detect: { s: { accuracy: 0.6, ms: 10 }, l: { accuracy: 0.9, ms: 50 } },
  classify: { s: { accuracy: 0.7, ms: 5 }, l: { accuracy: 0.8, ms: 25 } },
};

/**
 * Writes a load, and a profile with which planning takes less time than with a published pipeline. @returns options for both
 * @param rates requests of each second
 */
const measured = (rates: readonly number[]): string[] => [
  ...['--profile', file('profile.json', pipeline({ stages, items: [0, 2] }))],
  ...['--trace', file('load.json', { rates }), '--sla', '500', '--cores', '12'],
];

const VIDEO = ['--pipeline', 'ipa-video', '--trace', 'bursty', '--duration', '60s'];

describe('ipa-edge simulate', () => {
  test('writes no page beside a device, such as /dev/null', async () => {
    symlinkSync('/dev/null', inFolder('null'));
    const args = [...measured([20]), '--predictor', 'last-window', '--out', inFolder('null')];
    expect(await ipaEdgeHere(['simulate', ...args])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nwrote .*null\n$/),
    });
    expect(existsSync(inFolder('null.html'))).toBe(false);
  });

  test.each(SYSTEMS)(
    'simulates %s under a burst and writes a report, and a page beside it',
    async (system) => {
      const { report, stdout } = await simulate(...VIDEO, '--duration', '30s', '--system', system);
      expect(report).toMatchObject({
        kind: 'run',
        name: system,
        simulated: true,
        pipeline: 'ipa-video',
        load: { kind: 'trace', durationS: 30, valid: true },
        adaptation: { system, predictor: 'last-window', intervalS: 10 },
      });
      const { requests, result, load, adaptation, plans, overTime } = report;
      expect(result.completed + result.shed + result.failed).toBe(load.requests);
      expect(requests).toHaveLength(load.requests);
      expect(load.requests).toBeGreaterThan(200);
      expect(adaptation!.steps.length).toBeGreaterThanOrEqual(2);
      expect(plans[0]!.atMs).toBe(0);
      expect(overTime).toHaveLength(3);
      expect(stdout).toContain('SIMULATED: no model ran.');
      expect(stdout).toMatch(new RegExp(`${system} +simulated`));
      expect(stdout).not.toContain('measured');
      expect(readFileSync(inFolder('report.html'), 'utf8')).toContain('ipa-edge/report@1');
    },
  );

  test('with the forecast that is learned, as it does by default, ours follows the load', async () => {
    const out = inFolder('report.json');
    const rates = [...Array<number>(20).fill(4), ...Array<number>(20).fill(40)];
    const { code } = await ipaEdge(['simulate', ...measured(rates), '--out', out]);
    expect(code).toBe(0);
    const { adaptation, plans } = ran(out);
    expect(adaptation).toMatchObject({ system: 'ours', predictor: 'learned' });
    expect(plans.length).toBeGreaterThan(1);
  });

  test('knows the future with the oracle', async () => {
    const { report } = await simulate(...VIDEO, '--system', 'ipa', '--predictor', 'oracle');
    expect(report.adaptation!.predictor).toBe('oracle');
    const { rate, steps } = { rate: report.load.requests / 60, steps: report.adaptation!.steps };
    expect(Math.max(...steps.map(({ p90PerS }) => p90PerS))).toBeGreaterThan(1.5 * rate);
  });

  test('prints the report alone with --json, the same for the same seed', async () => {
    const of = async (seed: string) => {
      const args = [...measured(Array(10).fill(10)), '--json', '--seed', seed];
      const { stdout, report } = await simulate(...args);
      expect(parseReport(JSON.parse(stdout), 'stdout')).toEqual(report);
      const { plans, requests, overTime, adaptation, result, seed: told } = report;
      const chosen = plans.map(({ atMs, plan }) => ({ atMs, stages: plan.stages }));
      return { chosen, requests, overTime, adaptation, result, told };
    };
    const first = await of('7');
    expect(first.told).toBe(7);
    expect(await of('7')).toEqual(first);
    expect((await of('8')).requests).not.toEqual(first.requests);
  });

  test.each(['rates', 'rps'])('reads a load of others, with %s and no schema', async (field) => {
    const trace = file('load.json', { [field]: [3, 0, 12, 5] });
    const args = ['--pipeline', 'ipa-video', '--trace', trace, '--scale', '2', '--system', 'ipa'];
    const { report } = await simulate(...args);
    expect(report.load).toMatchObject({ requests: 40, durationS: 4 });
    const counts = [0, 1, 2, 3].map(
      (second) => report.requests.filter((r) => Math.floor(r.arrivalMs / 1000) === second).length,
    );
    expect(counts).toEqual([6, 0, 24, 10]);
  });

  test.each(['ours', 'ipa'])(
    'of %s says after Ctrl-C that it stops and keeps nothing, and exits 130',
    async (system) => {
      const out = inFolder('report.json');
      const args = [
        ...VIDEO,
        '--duration',
        '2h',
        '--system',
        system,
        '--predictor',
        'last-window',
        '--out',
        out,
      ];
      const { code, stderr } = await ipaEdge(['simulate', ...args], (child) => {
        child.stderr!.once('data', () => child.kill('SIGINT'));
      });
      expect(stderr).toContain('stopping; nothing of this simulation is kept');
      expect(stderr).toMatch(/\nStopped\.\n$/);
      expect(code).toBe(130);
      expect(existsSync(out)).toBe(false);
    },
  );

  test('goes on to its end although nobody reads its progress', async () => {
    const out = inFolder('report.json');
    const args = ['--system', 'ipa', '--predictor', 'last-window', '--out', out];
    const { code } = await ipaEdge(['simulate', ...VIDEO, ...args], (child) => child.stderr!.destroy());
    expect(code).toBe(0);
    expect(existsSync(out)).toBe(true);
  });

  test.each(['ours', 'ipa', 'rim'])('simulates %s on a profile that was measured', async (system) => {
    const { report } = await simulate(...measured(Array(20).fill(10)), '--system', system);
    expect(report).toMatchObject({ name: system, slaMs: 500, pipeline: 'test' });
    for (const { plan } of report.plans) expect(plan.workers.length).toBeLessThanOrEqual(12);
  });

  test('simulates ours on a profile of a GPU, where the published systems have nothing', async () => {
    const cpu = pipeline({ stages });
    const runs = Array<number>(20).fill(8);
    const { device } = cpu;
    const profile = file('profile.json', {
      ...cpu,
      device: { ...device, adapter: { vendor: 'v', architecture: 'a', description: 'd', software: false } },
      cells: [
        cell('detect', 's', 'webgpu', 1, runs),
        cell('detect', 'l', 'webgpu', 1, runs),
        cell('classify', 's', 'webgpu', 1, runs),
      ],
    });
    const trace = file('load.json', { rates: [5, 5, 5] });
    const args = ['--profile', profile, '--trace', trace, '--sla', '500'];
    const { report } = await simulate(...args);
    expect(report.plans[0]!.plan.workers).toMatchObject([{ backend: 'webgpu' }]);
    expect(await refusal(['simulate', ...args, '--system', 'ipa', '--out', inFolder('r.json')])).toContain(
      'no variant was measured on wasm, cpu',
    );
  });
});

test('the process ends with exit code 2 where no trace is given, and writes nothing', async () => {
  const out = inFolder('r.json');
  const { code, stdout, stderr } = await ipaEdge(['simulate', '--pipeline', 'ipa-video', '--out', out]);
  expect(stderr).toMatch(/required option '--trace .*' not specified/);
  expect([code, stdout]).toEqual([2, '']);
  expect(existsSync(out)).toBe(false);
});

describe('bad usage is refused with exit 2:', () => {
  test.each<[string, () => string[], RegExp]>([
    [
      'neither profile nor pipeline',
      () => ['--trace', 'bursty'],
      /Give exactly one of --profile and --pipeline/,
    ],
    [
      'profile and pipeline',
      () => ['--trace', 'bursty', '--pipeline', 'ipa-video', '--profile', 'p.json'],
      /Give exactly one of --profile and --pipeline/,
    ],
    [
      'an unknown load',
      () => ['--pipeline', 'ipa-video', '--trace', 'burst'],
      /There is no trace burst: give a file, or one of bursty, steady-low, steady-high, fluctuating/,
    ],
    [
      'an unknown pipeline',
      () => ['--pipeline', '../ipa-video', '--trace', 'bursty'],
      /There is no pipeline \.\.\/ipa-video: choose one of ipa-audio-qa, .*ipa-video\./,
    ],
    [
      'a pipeline whose figures nobody published',
      () => ['--pipeline', 'fashion', '--trace', 'bursty'],
      /fashion has models and no published figures/,
    ],
    [
      'a profile without an SLA',
      () => {
        const profile = file('p.json', pipeline({ stages: { a: { s: { accuracy: 1, ms: 1 } } } }));
        return ['--profile', profile, '--trace', 'bursty'];
      },
      /Give --sla with --profile/,
    ],
    [
      'an option of another system',
      () => [...VIDEO, '--system', 'ipa', '--min-rate', '5'],
      /--min-rate is an option of --system ours: give that too, or leave --min-rate out/,
    ],
    [
      'a percentile of another system',
      () => [...VIDEO, '--system', 'ipa', '--percentile', '95'],
      /--percentile is an option of --system ours: give that too, or leave --percentile out/,
    ],
    [
      "a weight where a published system has the paper's",
      () => [...VIDEO, '--system', 'ipa', '--beta', '1'],
      /--beta is an option of --system ours or --profile: give one of them too, or leave --beta out/,
    ],
    [
      'an unknown system',
      () => ['--pipeline', 'ipa-video', '--trace', 'bursty', '--system', 'theirs'],
      /Allowed choices are ours, ipa, fa2-low, fa2-high, rim/,
    ],
    [
      'a load of nothing',
      () => ['--pipeline', 'ipa-video', '--trace', file('load.json', { rates: [] })],
      /rates: expected at least one rate/,
    ],
    [
      'a load with a rate below zero',
      () => ['--pipeline', 'ipa-video', '--trace', file('load.json', { rps: [1, -2] })],
      /rates\[1\]: expected at least 0, found -2/,
    ],
    [
      'a duration for which the trace has no rates',
      () => ['--pipeline', 'ipa-video', '--trace', file('load.json', { rates: [1, 2] }), '--duration', '3s'],
      /load\.json has rates for 2 s\. Give a --duration of at most 2s, or a longer trace/,
    ],
    [
      'a generated trace of more seconds than a trace may have',
      () => ['--pipeline', 'ipa-video', '--trace', 'bursty', '--duration', '99999999h'],
      /The trace bursty has a rate for each second, and at most 10,000,000\. Give a --duration of at most 10000000s\./,
    ],
    ['an interval of nothing', () => [...VIDEO, '--interval', '0s'], /Expected a duration/],
  ])('%s', async (_, args, says) => {
    const out = inFolder('r.json');
    expect(await refusal(['simulate', ...args(), '--out', out])).toMatch(says);
    expect(existsSync(out)).toBe(false);
  });
});
