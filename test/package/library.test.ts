import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { folderOfTest } from '../temporary-folder.ts';
import { writeFewScenes } from '../web/few-scenes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program as a user writes it: plain JavaScript that imports the package by its name. */
const PROGRAM = `
import { constantLoad, environment, loadManifest, openStore, plan, profile, run } from 'ipa-edge';
const models = await loadManifest(process.argv[2]);
const place = { models, environment: environment() };
const store = await openStore(process.argv[1]);
const settings = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 1, seed: 1 };
const measured = await profile({ ...place, store, settings });
const best = await plan(measured, { slaMs: 60_000, ratePerS: 10 });
const { result } = await run({ ...place, name: 'plan', plan: best, backends: ['cpu'], load: constantLoad(10, 1, 1), seed: 1 });
const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
console.log(JSON.stringify({ completed: result.completed, endToEnd: result.accuracy.endToEnd, timers }));
`;

test('a program in Node profiles, plans and runs through the built package, and no timer keeps it from ending', async () => {
  const folder = folderOfTest();
  const manifest = await writeFewScenes(join(folder, 'models'));
  const args = ['--input-type=module', '-e', PROGRAM, folder, manifest];
  const out = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const { completed, endToEnd, timers } = JSON.parse(out);
  expect(completed).toBe(10);
  expect(endToEnd).toBeGreaterThan(0);
  expect(timers).toBe(0);
});

test("the README's example passes the type check", () => {
  const [, example] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
  const file = join(root, 'dist/readme-example.mts');
  writeFileSync(file, example!);
  onTestFinished(() => rmSync(file));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, file], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('the declarations for pages name no type of WebGPU, because TypeScript 5 has none', () => {
  const reached = new Set([join(root, 'dist/lib/workers/index.browser.d.ts')]);
  for (const file of reached) {
    const text = readFileSync(file, 'utf8');
    expect([file, text.match(/\bGPU[A-Z]\w*/g)]).toEqual([file, null]);
    for (const [, path] of text.matchAll(/['"](\.[^'"]+)\.ts['"]/g))
      reached.add(join(dirname(file), `${path}.d.ts`));
  }
  expect(reached.size).toBeGreaterThan(20);
});

test('the learned predictor comes with the built package', () => {
  const program = `
import { learnedPredictor } from 'ipa-edge';
console.log(JSON.stringify(await (await learnedPredictor()).forecast(Array(60).fill(10))));
`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(JSON.parse(out).medianPerS).toBeCloseTo(10, -1);
});

test('the JSON Schema of every document is published', () => {
  for (const name of ['manifest', 'profile', 'plan', 'trace', 'report', 'problem', 'published']) {
    const schema = JSON.parse(readFileSync(join(root, `dist/schema/${name}.schema.json`), 'utf8'));
    expect(schema.$schema).toContain('json-schema.org');
  }
});
