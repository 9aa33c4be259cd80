import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataSteps, runSteps } from '../../bench/recipe/steps.ts';
import { parseRecipe } from '../../models/hub/recipe.ts';
import { LocalHub } from '../hub.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { ipaEdge, ipaEdgeHere, onceTrue, refusal } from './command.ts';
import { jsonLines } from './pack/sources.ts';

/** `bench --recipe`: from the name of a recipe to a report. */

let hub: LocalHub;
let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const read = (...path: string[]) => readFileSync(at(...path), 'utf8');

beforeEach(async () => {
  hub = await LocalHub.start();
  hub.publishMinis();
  folder = folderOfTest();
});
afterEach(() => hub.close());

/** Writes a recipe of one small classifier, whose data these lines prepare as `texts.jsonl`. */
const writeRecipe = (...prepare: string[]) => writeRecipeOf(['minis/language-small'], prepare);

function writeRecipeOf(hubModels: readonly string[], prepare: readonly string[]): void {
  const models = hubModels.map((hub) => ({ hub, dtypes: ['fp32'] }));
  const recipe = {
    ...{ schema: 'ipa-edge/recipe@1', name: 'letters', title: 'Languages of letters' },
    stages: [{ name: 'language', task: 'text-classification', models }],
    data: {
      ...{ about: 'Two letters.', address: 'https://letters.example', licence: 'CC0', prepare },
      pack: ['--texts', 'texts.jsonl', '--source', 'two letters'],
    },
  };
  writeFileSync(at('recipe.json'), JSON.stringify(recipe));
}

const bench = (meanwhile?: Parameters<typeof ipaEdge>[1]) =>
  ipaEdge(
    [
      ...['bench', '--recipe', at('recipe.json'), '--out', at('out'), '--backend', 'cpu', '--batches', '1'],
      ...['--budget', '1s', '--sla', '60000', '--rate', '5', '--duration', '1s'],
    ],
    meanwhile,
    hub.env(at('cache')),
  );

test('a shell reads the step that makes the pack as it runs, also with apostrophes and spaces in its words', () => {
  writeRecipe();
  const recipe = parseRecipe(JSON.parse(read('recipe.json')), 'recipe.json');
  recipe.data.pack.push("the post office's letters", "'", '$HOME');
  const { line, args } = dataSteps(recipe, "o'neil/manifest.json").at(-1)!;
  const shell = line.replace('npx ipa-edge', "printf '%s\\n'");
  expect(execFileSync('bash', ['-c', shell], { encoding: 'utf8' }).trimEnd().split('\n')).toEqual(
    args.slice(1),
  );
});

test('one command goes from nothing to a report, and the second time repeats no step and moves no bytes', async () => {
  const letters = [
    { text: 'mon colis est perdu .', labels: { language: 'French' } },
    { text: 'danke schön !', labels: { language: 'German' } },
  ];
  writeFileSync(at('letters.jsonl'), jsonLines(...letters));
  const step = `echo "prepared" >> log && cp ${at('letters.jsonl')} texts.jsonl`;
  writeRecipe(step);

  const first = await bench();
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toContain('Labelled items: Two letters.\nLicence: CC0. From https://letters.example');
  expect(first.stdout).toContain(`step 1 of 2, in ${at('out/data')}:\n  ${step}`);
  expect(first.stdout).toContain(`step 2 of 2, in ${at('out/data')}:\n  npx ipa-edge pack --manifest`);
  const report = JSON.parse(read('out/report.json'));
  expect(report.pipeline).toBe('letters');
  expect(report.profile.pack.source).toBe('2 texts of two letters');
  const asked = hub.requests.length;

  // Once the command has a journal, it has loaded the models and has something to keep, so it can be stopped.
  const journals = at('out/.ipa-edge/journals');
  const measures = () => existsSync(journals) && readdirSync(journals).length > 0;
  const second = await bench(onceTrue(measures, (child) => child.kill('SIGINT')));
  expect(second.stderr).toContain('Finished measurements are kept');
  expect(second.stdout).not.toContain('step 1 of 2');
  expect(hub.requests).toHaveLength(asked);
  expect(read('out/data/log')).toBe('prepared\n');
});

test('a step that fails is named with the program that is missing, and finished steps are not repeated', async () => {
  const finished = 'echo "prepared" >> log';
  writeRecipe(finished, 'no-such-program --now | cat');
  const failed = await bench();
  expect(failed.stderr).toMatch(
    /Step 2 of the recipe failed: the program no-such-program is not installed.*\n.*no-such-program --now \| cat/,
  );
  expect(failed.code).toBe(1);

  writeRecipe(finished, 'false');
  const again = await bench();
  expect(again.stderr).toMatch(/Step 2 of the recipe failed: it ended with exit code 1/);
  expect(read('out/data/log')).toBe('prepared\n');
});

test('Ctrl-C ends a step with all of its programs, and exits 130', async () => {
  writeRecipe('echo "waiting for it" && sleep 1000 | cat');
  let seen = '';
  const stopped = await bench((child) =>
    child.stderr!.on('data', (chunk) => {
      seen += chunk;
      if (seen.endsWith('waiting for it\n')) child.kill('SIGINT');
    }),
  );
  expect(stopped.stderr).toContain('Finished steps are kept');
  expect(stopped.code).toBe(130);
});

test('after Ctrl-C no further step starts, because Ctrl-C would not reach it', async () => {
  const step = { line: 'touch started', program: 'touch', args: ['started'] };
  const options = { folder: at('data'), packed: false, signal: AbortSignal.abort(), say() {} };
  await expect(runSteps([step], options)).rejects.toThrow('Finished steps are kept');
  expect(readdirSync(at('data'))).toEqual([]);
});

test('a recipe that is not there is refused with the names of those that are', async () => {
  expect(await refusal(['bench', '--recipe', 'nlpx'])).toContain(
    'There is no recipe nlpx: choose one of audio-qa',
  );
});

test('a recipe is not benched into the folder of another pipeline; bench is given it or a pipeline or a manifest', async () => {
  writeRecipe();
  for (const given of [[], ['--recipe', at('recipe.json'), '--pipeline', 'mail']])
    expect(await refusal(['bench', ...given])).toContain(
      'Give exactly one of --pipeline, --manifest and --recipe.',
    );
  await ipaEdgeHere(['pin', 'minis/language-small', '--out', at('out/manifest.json')], hub.env(at('cache')));
  const other = await bench();
  expect(other.stderr).toContain('is of the pipeline language-small. Give another folder with --out.');
  expect(other.code).toBe(2);
});

test('a recipe that has got another model is not benched into the folder of its earlier models', async () => {
  writeRecipe('false');
  expect((await bench()).stderr).toContain('Step 1 of the recipe failed');
  const pinned = read('out/manifest.json');
  writeRecipeOf(['minis/language-small', 'minis/language-medium'], ['false']);
  const changed = await bench();
  expect(changed.stderr).toMatch(
    /other stages or models than when .+manifest\.json was made from it\. Delete that file/,
  );
  expect([changed.code, read('out/manifest.json')]).toEqual([2, pinned]);

  rmSync(at('out/manifest.json'));
  expect((await bench()).stderr).toContain('Step 1 of the recipe failed');
  expect(read('out/manifest.json')).toContain('minis/language-medium');
});
