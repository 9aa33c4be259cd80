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
const best = await plan(measured, { slaMs: 60_000, ratePerS: 0.1 });
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

/** Compiles a program that imports the package, as a project of Node does. @returns what the compiler reports */
function reported(program: string, ...options: string[]): string {
  const file = join(root, 'dist/example.mts');
  writeFileSync(file, program);
  onTestFinished(() => rmSync(file));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const common = ['--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  return spawnSync(process.execPath, [tsc, ...common, ...options, file], { encoding: 'utf8' }).stdout;
}

test.each([
  ['a page', ['--lib', 'es2023,dom']],
  ['Node', ['--lib', 'es2023', '--types', 'node']],
])("the README's example passes the type check with the types of %s", (_, types) => {
  const [, example] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
  expect(reported(example!, '--noEmit', '--skipLibCheck', 'false', ...types)).toBe('');
});

test('a library can export what the functions return, because each type that its declarations need is exported', () => {
  const program = `
import * as edge from 'ipa-edge';
export const planner = edge.openPlanner();
export const requested = (profile: edge.Profile) => edge.planRequest(profile, { slaMs: 1, ratePerS: 1 });
export const solved = (profile: edge.IdentifiedProfile) => planner.solve(profile, requested(profile.profile));
export const starter = (models: edge.LoadedManifest) => edge.workerStarter(models, edge.environment());
export const executor = (models: edge.LoadedManifest, plan: edge.Plan) =>
  edge.Executor.start(models.pipeline, plan, starter(models));
export const answer = (executor: edge.Executor, item: edge.Item) => executor.submit(item, 0);
export const saved = (store: edge.Store) => store.listProfiles();
export const journal = (store: edge.Store) => store.readJournal('name');
export const pack = (models: edge.LoadedManifest) => models.readPack();
export const truths = (pack: edge.Pack) => pack.truths;
export const stages = (pipeline: edge.Pipeline) => pipeline.stages;
export const described = (manifest: edge.Manifest) => manifest.stages;
export const worker = (environment: edge.Environment) => environment.spawn('id', 1);
export const watch: Partial<edge.RunWatch> = { onEnded: (request: edge.EndedRequest) => void request };
`;
  const declared = ['--declaration', '--emitDeclarationOnly', '--rootDir', root, '--outDir', folderOfTest()];
  expect(reported(program, ...declared, '--types', 'node')).toBe('');
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
