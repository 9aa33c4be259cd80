import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { COMMANDS } from '../../bench/program.ts';
import type { PlanStage } from '../../solver/documents/plan.ts';
import { identityModel } from '../onnx.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { FASHION, loadFashion } from '../workers/fashion.ts';
import { handPlan } from '../workers/hand-plan.ts';
import { ipaEdgeHere, refusal } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = folderOfTest();
});

// biome-ignore lint/suspicious/noExplicitAny: documents are made wrong here on purpose
type Loose = any;

/** Writes a spoiled copy of the shipped manifest, beside links to its files. @returns the copy's path */
function spoiledManifest(spoil: (manifest: Loose, folder: string) => void): string {
  const shipped = dirname(FASHION);
  for (const name of readdirSync(shipped)) symlinkSync(join(shipped, name), join(folder, name));
  const path = join(folder, 'spoiled.json');
  const manifest = JSON.parse(readFileSync(FASHION, 'utf8'));
  spoil(manifest, folder);
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

/** Puts other bytes in the place of the first model, with their right SHA-256. */
function replaceModel(bytes: Uint8Array) {
  return (manifest: Loose, path: string) => {
    const variant = manifest.stages[0].variants[0];
    variant.file = 'other.onnx';
    writeFileSync(join(path, variant.file), bytes);
    variant.sha256 = createHash('sha256').update(bytes).digest('hex');
    variant.sizeBytes = bytes.length;
  };
}

const profile = (manifest: string) =>
  ipaEdgeHere([
    'profile',
    '--manifest',
    manifest,
    '--backend',
    'cpu',
    '--budget',
    '1s',
    '--out',
    join(folder, 'p.json'),
  ]);

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const model = () => readFileSync(join(dirname(FASHION), 'det4.onnx'));

test.for<[name: string, spoil: (manifest: Loose, folder: string) => void, says: RegExp]>([
  [
    'a missing file',
    (m) => {
      m.stages[0].variants[0].file = 'nowhere.onnx';
    },
    /nowhere\.onnx cannot be read: there is no such file\. Put the file there/,
  ],
  [
    'a wrong SHA-256',
    (m) => {
      m.stages[1].variants[2].sha256 = 'a'.repeat(64);
    },
    /should have SHA-256 a{64}, but has/,
  ],
  [
    'another tensor shape',
    (m) => {
      m.stages[0].output.stride = 4;
    },
    /shape of its output should be \[batch, 4, 32, 32\]/,
  ],
  [
    'another tensor type',
    replaceModel(identityModel('int64', ['batch', 1, 128, 128])),
    /type of its input should be float32 or float16 or uint8, but is int64/,
  ],
  ['a truncated model', replaceModel(model().subarray(0, 9000)), /detect\/det4 cannot be loaded/],
  [
    'duplicate stage names',
    (m) => {
      m.stages[1].name = m.stages[0].name;
    },
    /stages\[1\]\.name: expected stage names that differ/,
  ],
  [
    'an accuracy above 1',
    (m) => {
      m.stages[0].variants[0].accuracy = 84;
    },
    /accuracy: expected at most 1, found 84/,
  ],
  [
    'a field that nobody knows',
    (m) => {
      m.stages[0].colour = 'red';
    },
    /stages\[0\]: Unrecognized key: "colour"/,
  ],
])('a manifest with %s is refused with exit 2', async ([, spoil, says]) => {
  const { code, stderr } = await profile(spoiledManifest(spoil));
  expect(stderr).toMatch(says);
  expect(code).toBe(2);
});

test('a NaN accuracy is refused with exit 2', async () => {
  const path = spoiledManifest(() => {});
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"accuracy":[\d.]+/, '"accuracy":NaN'));
  const { code, stderr } = await profile(path);
  expect(stderr).toMatch(/expected JSON, found another text \(.*N/);
  expect(code).toBe(2);
});

test.each([
  ['../../etc', 'There is no pipeline ../../etc: choose one of fashion, mail, mini-audio-qa, '],
  ['ipa-video', 'ipa-video has published figures and no models. ipa-edge simulate --pipeline ipa-video'],
])('a pipeline that is not shipped with models, %s, is refused with exit 2', async (name, says) => {
  expect(await refusal(['profile', '--pipeline', name, '--out', join(folder, 'p.json')])).toContain(says);
});

test.each([
  ['--min-rate', '5', '--adapt'],
  ['--scale', '2', '--trace'],
])('run refuses %s %s without %s with exit 2', async (given, value, needed) => {
  expect(await refusal(['run', '--plan', 'p.json', given, value, '--out', join(folder, 'r.json')])).toContain(
    `${given} is an option of ${needed}: give that too, or leave ${given} out.`,
  );
});

test.each(['--profile', '--pipeline'])('an empty %s is refused by its name with exit 2', async (given) => {
  const others = ['--sla', '9', '--trace', 'bursty', '--out', join(folder, 'r.json')];
  expect(await refusal(['simulate', given, '', ...others])).toContain(
    `The value of ${given} is empty. Give another one.`,
  );
});

test('an empty file name is refused by the name of its argument with exit 2', async () => {
  expect(await refusal(['solve', ''])).toContain('The value of <problem> is empty. Give another one.');
});

test.each(Object.entries(COMMANDS))('the help of %s fits a terminal of 80 columns', async (_name, load) => {
  const command = (await load()).configureHelp({ helpWidth: 80 });
  const lines = command.helpInformation().split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('help --help lists the commands', async () => {
  const { code, stdout, stderr } = await ipaEdgeHere(['help', '--help']);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^ {2}bench /m);
  expect(code).toBe(0);
});

test('the help does not list the command that has moved, and the command says where', async () => {
  expect((await ipaEdgeHere(['--help'])).stdout).not.toMatch(/^ {2}export /m);
  expect(await refusal(['export', '--plan', 'x'])).toMatch(/Use `ipa-agent export/);
});

test('help of a command that does not exist is refused with exit 2', async () => {
  expect(await refusal(['help', 'foo'])).toMatch(/unknown command 'foo'/);
});

test('a profile of another schema version is refused with exit 2 and both versions', async () => {
  const path = file('p.json', '{"schema": "ipa-edge/profile@0"}');
  expect(await refusal(['plan', '--profile', path, '--sla', '100', '--rate', '1'])).toMatch(
    /"ipa-edge\/profile@0", but "ipa-edge\/profile@1"/,
  );
});

test.each(['-5', '0', 'NaN', 'fast'])('an SLA of %s is refused with exit 2', async (sla) => {
  expect(await refusal(['plan', '--profile', 'p.json', `--sla=${sla}`, '--rate', '1'])).toContain(
    'Expected a number above 0',
  );
});

test.each(['1500ms', '0.5s'])(
  'an interval of %s between decisions is refused with exit 2',
  async (interval) => {
    const trace = ['--pipeline', 'ipa-video', '--trace', 'bursty', '--out', join(folder, 'r.json')];
    expect(await refusal(['simulate', ...trace, '--interval', interval])).toContain('Expected whole seconds');
  },
);

test.each([
  ['without a request', ['--rate', '0.01'], 'At 0.01 requests/s no request arrives in 40 s.'],
  ['of more requests than can be run', ['--rate', '9e6', '--duration', '1s'], 'has 9,000,000 requests'],
])('bench refuses a load %s with exit 2 before it measures', async (_, load, says) => {
  const place = ['--pipeline', 'mail', '--out', join(folder, 'out')];
  expect(await refusal(['bench', ...place, ...load])).toContain(says);
});

test.each([
  ['too low to simulate', '1e-300', 'Expected at least 0.000001 requests per second.'],
  ['beyond any device', '1e300', 'Expected at most 1,000,000,000 requests per second.'],
])('a rate %s is refused with exit 2', async (_, rate, says) => {
  expect(await refusal(['plan', '--profile', 'p.json', '--sla', '9', '--rate', rate])).toContain(says);
});

test.each([
  ['a negative SLA', { slaMs: -1 }, /slaMs: expected more than 0, found -1/],
  [
    'a stage without options',
    { stages: [{ name: 'a', options: [] }] },
    /options: expected at least one option/,
  ],
  [
    'duplicate stage names',
    {
      stages: ['a', 'a'].map((name) => ({
        name,
        options: [{ id: '1', latencyMs: 1, accuracy: 1, cost: 1, batch: 1 }],
      })),
    },
    /stages\[1\]\.name: expected stage names that differ/,
  ],
])('a problem with %s is refused with exit 2', async (_, wrong, says) => {
  const option = { id: '1', latencyMs: 1, accuracy: 1, cost: 1, batch: 1 };
  const right = { slaMs: 10, objective: {}, stages: [{ name: 'a', options: [option] }] };
  expect(await refusal(['solve', file('problem.json', JSON.stringify({ ...right, ...wrong }))])).toMatch(
    says,
  );
});

test.each([
  ['an empty trace', '{"rates": []}', /rates: expected at least one rate/],
  ['a trace of more requests than can be run', '{"rates": [1e9, 1e9]}', /2,000,000,000 requests/],
  ['a trace without requests', '{"rates": [0, 0]}', /At 0 requests\/s no request arrives in 2 s\. Raise/],
  ['a rate of more requests than can be run', null, /60,000,000,000 requests/],
])('%s is refused with exit 2', async (_, trace, says) => {
  const plan = file(
    'plan.json',
    JSON.stringify(handPlan(await loadFashion(), { backend: 'cpu', workers: [['detect', 'classify']] })),
  );
  const load =
    trace === null ? ['--rate', '1e9', '--duration', '60s'] : ['--trace', file('trace.json', trace)];
  expect(await refusal(['run', '--plan', plan, ...load, '--out', join(folder, 'r.json')])).toMatch(says);
});

test.each<[what: string, fields: Partial<PlanStage>, says: string]>([
  ['another model', { sha256: 'a'.repeat(64) }, `detect/det4 has SHA-256 ${'a'.repeat(64)} in the plan`],
  ['a variant that is missing', { variant: 'det5' }, 'stage detect has no variant det5 here'],
])('run refuses a plan of %s with exit 2', async (_, fields, says) => {
  const plan = handPlan(await loadFashion(), { backend: 'cpu', workers: [['detect', 'classify']] });
  Object.assign(plan.stages[0]!, fields);
  const path = file('plan.json', JSON.stringify(plan));
  expect(await refusal(['run', '--plan', path, '--out', join(folder, 'r.json')])).toContain(
    `The plan does not fit the manifest:\n  ${says}`,
  );
});
