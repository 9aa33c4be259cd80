import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { IPA_EDGE } from '../compiled.ts';
import { pipeline } from '../solver/pipelines.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { FASHION, loadFashion } from '../workers/fashion.ts';
import { handPlan } from '../workers/hand-plan.ts';
import { ipaEdgeHere, refusal } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = folderOfTest();
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test.each(['run', 'simulate'])(
  '%s refuses to write its report, which is JSON, to a .html',
  async (command) => {
    expect(await refusal([command, '--out', join(folder, 'report.html')])).toContain(
      'Expected the path of a JSON file: its HTML page is written beside it.',
    );
  },
);

test.each<[how: string, out: () => string]>([
  ['by another path', () => join(folder, 'x/../p.json')],
  [
    'by a link',
    () => {
      symlinkSync(join(folder, 'p.json'), join(folder, 'link.json'));
      return join(folder, 'link.json');
    },
  ],
])('a command refuses to replace a file that it reads %s, and leaves it as it is', async (_, out) => {
  const path = file('p.json', 'a profile');
  const asked = ['--profile', path, '--sla', '100', '--rate', '1', '--out', out()];
  expect(await refusal(['plan', ...asked])).toContain(
    `--out would replace ${path}, the file of --profile. Choose another with --out.`,
  );
  expect(readFileSync(path, 'utf8')).toBe('a profile');
});

test('run --adapt refuses to replace the profile beside the plan, which it reads without --profile', async () => {
  const path = file('profile.json', 'a profile');
  const asked = ['--plan', join(folder, 'plan.json'), '--adapt', '--out', path];
  expect(await refusal(['run', ...asked])).toContain(
    `--out would replace ${path}, the profile to plan on. Choose another with --out.`,
  );
  expect(readFileSync(path, 'utf8')).toBe('a profile');
});

test.each([
  ['run', '--plan', 'p.json'],
  ['simulate', '--pipeline', 'ipa-video', '--trace', 'bursty'],
])('%s refuses an --out whose page cannot be written, before long work', async (...asked) => {
  mkdirSync(join(folder, 'r.html'));
  expect(await refusal([...asked, '--out', join(folder, 'r.json')])).toContain(
    `${join(folder, 'r.html')} cannot be written: it is a folder, not a file`,
  );
  expect(readdirSync(folder)).toEqual(['r.html']);
});

test.for<[name: string, args: readonly string[]]>([
  ['profile', ['--pipeline', 'fashion', '--backend', 'cpu']],
  ['pin', ['owner/model']],
  ['simulate', ['--pipeline', 'ipa-video', '--trace', 'bursty']],
])('%s refuses an --out that cannot be written by its own name, before long work', async ([name, args]) => {
  const out = join(file('file', ''), 'inside.json');
  expect(
    await refusal([name, ...args, '--out', out], {
      HF_ENDPOINT: 'http://127.0.0.1:1',
    }),
  ).toBe(`ipa-edge: ${out} cannot be written: a part of its path is a file, not a folder (UsageError)\n`);
});

test('bench refuses a folder that cannot be made by its own name, before it pins the models of a recipe', async () => {
  const out = join(file('file', ''), 'inside');
  expect(await refusal(['bench', '--recipe', 'nlp', '--out', out])).toContain(
    `${join(out, 'manifest.json')} cannot be written: a part of its path is a file`,
  );
});

test('bench refuses a folder in which a document would replace the manifest', async () => {
  const manifest = file('plan.json', readFileSync(FASHION, 'utf8'));
  expect(await refusal(['bench', '--manifest', manifest, '--backend', 'cpu', '--out', folder])).toBe(
    `ipa-edge: --out would replace ${manifest}, the manifest. Choose another with --out. (UsageError)\n`,
  );
  expect(readFileSync(manifest, 'utf8')).toBe(readFileSync(FASHION, 'utf8'));
});

test.each(['plan.json', 'report.json', 'report.html'])(
  'bench refuses a folder in which %s cannot be written, before long work',
  async (name) => {
    mkdirSync(join(folder, name));
    const bench = ['bench', '--pipeline', 'mail', '--backend', 'cpu', '--out', folder];
    expect(await refusal(bench)).toBe(
      `ipa-edge: ${join(folder, name)} cannot be written: it is a folder, not a file (UsageError)\n`,
    );
  },
);

test.skipIf(process.platform === 'win32')(
  'a folder that is deleted under a command is named, with the remedy',
  () => {
    const inGone = ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', folder, process.execPath, IPA_EDGE];
    const plan = ['plan', '--profile', 'p.json', '--sla', '100', '--rate', '1', '--out', 'plan.json'];
    const { status, stderr } = spawnSync('sh', [...inGone, ...plan], { encoding: 'utf8' });
    expect(stderr).toContain(
      'The folder in which the command was started is gone. Change to another one, and run it again.',
    );
    expect(status).toBe(2);
  },
);

test.runIf(process.platform === 'linux')(
  'a run whose report finds the disk full prints its result all the same, and ends with exit 2',
  async () => {
    const plan = handPlan(await loadFashion(), { backend: 'cpu', workers: [['detect', 'classify']] });
    const run = ['run', '--plan', file('plan.json', JSON.stringify(plan)), '--rate', '5', '--duration', '1s'];
    const { code, stdout, stderr } = await ipaEdgeHere([...run, '--out', '/dev/full']);
    expect(stderr).toContain('/dev/full cannot be written: the disk is full');
    expect(stdout).toContain('plan  measured');
    expect(code).toBe(2);
  },
);

describe.skipIf(!existsSync('/dev/full'))('a report is written although stdout is on a full disk', () => {
  const withFullStdout = (args: readonly string[]) => {
    const full = openSync('/dev/full', 'w');
    try {
      return spawnSync(process.execPath, [IPA_EDGE, ...args], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      });
    } finally {
      closeSync(full);
    }
  };
  const FULL = 'ipa-edge: The output cannot be written: the disk is full (UsageError)\n';

  test('by run', async () => {
    const plan = handPlan(await loadFashion(), { backend: 'cpu', workers: [['detect', 'classify']] });
    const run = ['run', '--plan', file('plan.json', JSON.stringify(plan)), '--rate', '5', '--duration', '1s'];
    const { status, stderr } = withFullStdout([...run, '--out', join(folder, 'report.json')]);
    expect(stderr).toContain(FULL);
    expect(status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['plan.json', 'report.html', 'report.json']);
  });

  test('by simulate', () => {
    const profile = pipeline({ stages: { detect: { s: { accuracy: 0.6, ms: 10 } } } });
    const { status, stderr } = withFullStdout([
      ...['simulate', '--profile', file('profile.json', JSON.stringify(profile)), '--sla', '500'],
      ...['--trace', file('load.json', '{"rates": [20]}'), '--predictor', 'last-window'],
      ...['--out', join(folder, 'report.json')],
    ]);
    expect(stderr).toContain(FULL);
    expect(status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['load.json', 'profile.json', 'report.html', 'report.json']);
  });
});
