import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import { LocalHub } from '../hub.ts';
import { tone, wavOf } from '../models/wav.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { ipaEdge, ipaEdgeHere, refusal } from './command.ts';
import { jsonLines } from './pack/sources.ts';

let hub: LocalHub;
const folder = folderOfFile();

beforeAll(async () => {
  hub = await LocalHub.start();
  hub.publishMinis();
});

afterAll(() => hub.close());

async function onHub(...args: string[]): Promise<string> {
  const ran = await ipaEdgeHere(args, hub.env(join(folder, 'cache')));
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout;
}

/** Profiles the manifest's pipeline on the CPU, from the hub's files. */
async function profileOnHub(manifestPath: string, batches: string): Promise<Profile> {
  const out = join(dirname(manifestPath), 'profile.json');
  const args = [
    ...['profile', '--manifest', manifestPath, '--backend', 'cpu', '--threads', '1', '--batches', batches],
    ...['--budget', '1s', '--out', out],
  ];
  const ran = await ipaEdge(args, undefined, hub.env(join(folder, 'cache')));
  expect(ran.code, ran.stderr).toBe(0);
  return parseProfile(JSON.parse(readFileSync(out, 'utf8')), out);
}

describe('models of several sessions go from their ids to a profile', () => {
  /** Pins, packs and profiles. @returns the stage of the manifest and its measured variants */
  async function measure(name: string, pins: readonly string[][], pack: readonly string[]) {
    const manifestPath = join(folder, name, 'manifest.json');
    for (const args of pins) await onHub('pin', ...args, '--out', manifestPath);
    await onHub('pack', '--manifest', manifestPath, ...pack);
    const before = hub.requests.length;
    await onHub('fetch', '--manifest', manifestPath);
    // `fetch` does not download again what `pin` has read for the manifest.
    expect(hub.requests.slice(before).filter(({ url }) => url.endsWith('.json'))).toEqual([]);
    const profile = await profileOnHub(manifestPath, '1,2');
    expect(profile.cells.map(({ state }) => state)).not.toContain('failed');
    const [stage] = parseManifest(JSON.parse(readFileSync(manifestPath, 'utf8')), manifestPath).stages;
    return { stage, variants: profile.stages[0]!.variants };
  }

  test('translation, with data types of their own for encoder and decoder', async () => {
    const texts = join(folder, 'texts.jsonl');
    writeFileSync(
      texts,
      jsonLines(
        { text: 'mon colis est perdu .', labels: { translate: 'my parcel is lost .' } },
        { text: 'merci beaucoup .', labels: { translate: 'thank you very much .' } },
      ),
    );
    const { stage, variants } = await measure(
      'translation',
      [
        ['minis/translate-large', '--dtypes', 'fp32,fp32+q8'],
        ['minis/translate-small', '--dtypes', 'fp32'],
      ],
      ['--texts', texts],
    );
    expect(stage).toMatchObject({
      name: 'translate',
      task: 'translation',
      input: { length: 128, prefix: '' },
      tokensMax: 63,
      beams: 1,
    });
    expect(variants.map(({ name, accuracy }) => [name, accuracy.measured?.n])).toEqual([
      ['translate-large-fp32', 2],
      ['translate-large-fp32-q8', 2],
      ['translate-small-fp32', 2],
    ]);
  });

  test('speech recognition, by encoder and decoder and by CTC', async () => {
    const rate = 16_000;
    writeFileSync(join(folder, 'tone.wav'), wavOf(tone(440, 1, rate), { rateHz: rate }));
    const recordings = join(folder, 'recordings.jsonl');
    writeFileSync(recordings, jsonLines({ audio: 'tone.wav', text: 'my parcel is lost' }));
    const { stage, variants } = await measure(
      'speech',
      [
        ['minis/speech-small', '--dtypes', 'fp32'],
        ['minis/letters-small', '--dtypes', 'fp32'],
      ],
      ['--recordings', recordings],
    );
    expect(stage).toMatchObject({
      name: 'transcribe',
      input: { sampleRateHz: rate, secondsMax: 6 },
      language: 'en',
      tokensMax: 47,
    });
    expect(variants.map(({ name }) => name)).toEqual(['speech-small-fp32', 'letters-small-fp32']);
  });

  test('a whole pipeline, by a recipe, whose stages feed each other', async () => {
    const texts = join(folder, 'letters.jsonl');
    const letters = [
      {
        text: 'mon colis est perdu .',
        labels: { language: 'French', translate: 'my parcel is lost .', short: 'lost' },
      },
      { text: 'danke schön !', labels: { language: 'German' } },
    ];
    writeFileSync(texts, jsonLines(...letters));
    const recipe = {
      schema: 'ipa-edge/recipe@1',
      name: 'letters',
      title: 'Letters in short',
      stages: [
        {
          ...{ name: 'language', task: 'text-classification', fields: { passOn: ['French'] } },
          models: [{ hub: 'minis/language-large', dtypes: ['fp32', 'q8'] }],
        },
        {
          name: 'translate',
          task: 'translation',
          models: [{ hub: 'minis/translate-large', dtypes: ['fp32+q8'] }],
        },
        {
          ...{ name: 'short', task: 'summarization', fields: { tokensMax: 20 } },
          models: [{ hub: 'minis/summary-large@main', dtypes: ['q8'] }],
        },
      ],
      data: {
        ...{ about: 'Two letters.', address: 'https://letters.example', licence: 'CC0' },
        ...{ prepare: ['echo ready'], pack: ['--texts', texts, '--source', 'two letters'] },
      },
    };
    const path = join(folder, 'recipe.json');
    writeFileSync(path, JSON.stringify(recipe));
    const manifestPath = join(folder, 'letters/manifest.json');
    const said = await onHub('pin', '--recipe', path, '--out', manifestPath);
    expect(said).toContain('Labelled items: Two letters.\nLicence: CC0. From https://letters.example');
    expect(said).toContain(
      `  echo ready\n  npx ipa-edge pack --manifest ${manifestPath} --texts ${texts} --source 'two letters'`,
    );
    await onHub('pack', '--manifest', manifestPath, ...recipe.data.pack);
    const profile = await profileOnHub(manifestPath, '1');
    expect(
      profile.stages.map(({ name, variants }) => [name, variants.map((variant) => variant.name)]),
    ).toEqual([
      ['language', ['language-large-fp32', 'language-large-q8']],
      ['translate', ['translate-large-fp32-q8']],
      ['short', ['summary-large-q8']],
    ]);
  });
});

test.each<[what: string, args: string[], says: RegExp]>([
  ['neither an id nor a recipe', [], /Give exactly one of an id and --recipe/],
  ['both', ['a/b', '--recipe', 'nlp'], /Give exactly one of an id and --recipe/],
  ['data types beside a recipe', ['--recipe', 'nlp', '--dtypes', 'q8'], /leave --dtypes out/],
  ['a recipe that is not there', ['--recipe', 'nothing'], /nothing/],
])('pin refuses %s with exit 2', async (_, args, says) => {
  expect(await refusal(['pin', ...args, '--out', join(folder, 'none.json')])).toMatch(says);
});
