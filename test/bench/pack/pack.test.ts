import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { onDisk } from '../../../bench/pack/disk.ts';
import { itemsOf } from '../../../models/items/item-batch.ts';
import { loadManifest } from '../../../models/manifests/load.ts';
import { fromCoco, fromFolders } from '../../../models/packs/sources/pictures.ts';
import { fromTexts } from '../../../models/packs/sources/texts.ts';
import { UnfitDataError } from '../../../models/packs/sources/unfit.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { MANIFEST, type ManifestStage } from '../../../solver/documents/manifest.ts';
import { givenFiles } from '../../../web/state/files/given-files.ts';
import { UsageError } from '../../../workers/command/exit.ts';
import { classify, detect, language, spam } from '../../models/stages.ts';
import { folderOfFile } from '../../temporary-folder.ts';
import { ipaEdge, ipaEdgeHere, refusal } from '../command.ts';
import { jsonLines, optionsOf, packed } from './sources.ts';

const folder = folderOfFile();
const path = (...names: string[]) => join(folder, ...names);

/** Writes a picture that is one colour on the left and another on the right. */
async function picture(file: string, width: number, height: number, left: string, right: string) {
  await mkdir(join(file, '..'), { recursive: true });
  const half = await sharp({ create: { width: width / 2, height, channels: 3, background: right } })
    .png()
    .toBuffer();
  await sharp({ create: { width, height, channels: 3, background: left } })
    .composite([{ input: half, left: width / 2, top: 0 }])
    .toFile(file);
}

test('pictures in folders of classes become images of the stage, cut from the middle, with their labels', async () => {
  const stage = { ...classify, input: { ...classify.input, channels: 3 as const } };
  await picture(path('photos/b/wide.png'), 40, 10, '#ff0000', '#0000ff');
  await picture(path('photos/c/deep/red.webp'), 10, 10, '#ff0000', '#ff0000');
  await picture(path('photos/a/blue.jpg'), 10, 10, '#0000ff', '#0000ff');
  await writeFile(path('photos/a/notes.txt'), 'no picture');
  await picture(path('photos/of-no-class.png'), 10, 10, '#0000ff', '#0000ff');
  const pack = await packed([stage], (options) => fromFolders(`${folder}/./photos`, options));
  expect(pack.truths.map(({ truth }) => truth)).toEqual([0, 1, 2]);
  const [blue, wide, red] = itemsOf(pack.items).map((item) =>
    Array.from({ length: 3 }, (_, c) => [...item.subarray(16 * c, 16 * c + 4)]),
  );
  // The middle of the wide picture is red on the left and blue on the right.
  const ends = [wide![0]![0], wide![0]![3], wide![2]![0], wide![2]![3]];
  expect(ends).toEqual([255, 0, 0, 255]);
  expect(red![0]!.every((value) => value > 245) && red![2]!.every((value) => value < 10)).toBe(true);
  expect(blue![2]!.every((value) => value > 245)).toBe(true);
});

test('a classifier gets the middle of a picture, and a detector the whole of it', async () => {
  const pixels = Uint8Array.from({ length: 400 }, (_, i) => (97 * i) % 256);
  const [wide, high] = [
    { width: 40, height: 10 },
    { width: 10, height: 40 },
  ].map((size) => sharp(pixels, { raw: { ...size, channels: 1 } }));
  await mkdir(path('noise/a'), { recursive: true });
  const middle = { left: 15, top: 0, width: 10, height: 10 };
  await wide!.clone().toFile(path('noise/a/1.png'));
  await wide!.clone().extract(middle).toFile(path('noise/a/2.png'));
  await high!.clone().toFile(path('noise/a/3.png'));
  await high!
    .clone()
    .extract({ ...middle, left: 0, top: 15 })
    .toFile(path('noise/a/4.png'));
  const middles = await packed([classify], (options) => fromFolders(path('noise'), options));
  const [one, two, three, four] = itemsOf(middles.items);
  expect([one, three]).toEqual([two, four]);

  const left = sharp(
    Uint8Array.from({ length: 400 }, (_, i) => (i % 40 < 10 ? 255 : 0)),
    {
      raw: { width: 40, height: 10, channels: 1 },
    },
  );
  await left.toFile(path('noise/left.png'));
  const coco = { images: [{ id: 1, file_name: 'left.png' }], annotations: [], categories: [] };
  await writeFile(path('left.json'), JSON.stringify(coco));
  const whole = await packed([detect], (options) => fromCoco(path('left.json'), path('noise'), options));
  const row = [...whole.items.bytes.subarray(0, 16)].map((pixel) => pixel > 127);
  expect(row).toEqual(Array.from({ length: 16 }, (_, x) => x < 4));
});

test('a folder names its class also where the file system has decomposed its accents', async () => {
  const stage = {
    ...classify,
    input: { ...classify.input, channels: 3 as const },
    classes: ['cafe', 'café'],
  };
  await picture(path('drinks', 'café'.normalize('NFD'), '1.png'), 10, 10, '#ff0000', '#ff0000');
  const { truths } = await packed([stage], (options) => fromFolders(path('drinks'), options));
  expect(truths.map(({ truth }) => truth)).toEqual([1]);
});

test('a folder that names no class is refused before any picture is read', async () => {
  const files = {
    ...onDisk,
    list: async () => ['zoo/a/1.png', 'zoo/dog/2.png'],
    picture: () => Promise.reject(new Error('a picture was read')),
  };
  const options = { ...optionsOf(classify), files };
  await expect(fromFolders('zoo', options)).rejects.toThrow(/2\.png: stage "classify" has no class "dog"/);
});

test('labelled data in another encoding is refused, because its letters would be others in the pack', async () => {
  const latin = Buffer.from('{"text": "déjà vu"}', 'latin1');
  await writeFile(path('mails.jsonl'), latin);
  const given = givenFiles([new File([latin], 'mails.jsonl')]);
  const said = 'it is no text in UTF-8. Save it in the encoding UTF-8.';
  await expect(onDisk.text(path('mails.jsonl'))).rejects.toThrow(said);
  await expect(given.text('mails.jsonl')).rejects.toThrow(said);
});

test('links to pictures, and to folders of them, count as what they lead to', async () => {
  const stage = { ...classify, input: { ...classify.input, channels: 3 as const } };
  await picture(path('stored/1.png'), 10, 10, '#ff0000', '#ff0000');
  await mkdir(path('linked/a'), { recursive: true });
  await symlink(path('stored/1.png'), path('linked/a/1.png'));
  await symlink(path('stored'), path('linked/b'));
  const { truths } = await packed([stage], (options) => fromFolders(path('linked'), options));
  expect(truths.map(({ truth }) => truth)).toEqual([0, 1]);
});

test('boxes in the COCO format are cut at the edges and scaled to the images of the stage, with a label for each later stage', async () => {
  await picture(path('val/1.png'), 32, 64, '#000000', '#ffffff');
  const coco = {
    info: { year: 2017 },
    images: [{ id: 7, file_name: '1.png', width: 32, height: 64 }],
    annotations: [
      { image_id: 7, category_id: 3, bbox: [16, 32, 16, 32], area: 1 },
      { image_id: 7, category_id: 3, bbox: [0, 0, 32, 64], iscrowd: 1 },
      { image_id: 7, category_id: 3, bbox: [4, 4, 0, 8] },
      { image_id: 7, category_id: 3, bbox: [4, 4, 8, 0] },
      { image_id: 7, category_id: 3, bbox: [20, 4, 1e-7, 8] },
      { image_id: 7, category_id: 3, bbox: [32, 0, 4, 4] },
      { image_id: 7, category_id: 3, bbox: [-2, -4, 10, 12] },
      { image_id: 9, category_id: 3, bbox: [0, 0, 4, 4] },
    ],
    categories: [{ id: 3, name: 'b' }],
  };
  await writeFile(path('coco.json'), JSON.stringify(coco));
  const pack = await packed([detect, classify], (options) =>
    fromCoco(path('coco.json'), path('val'), options),
  );
  expect(pack.truths).toEqual([
    {
      truth: [
        { x0: 8, y0: 8, x1: 16, y1: 16, label: 0 },
        { x0: 0, y0: 0, x1: 4, y1: 2, label: 0 },
      ],
      children: Array(2).fill({ truth: 1, children: [] }),
    },
  ]);
});

test('of large pictures no more are taken than a pack holds', async () => {
  const images = Array.from({ length: 12 }, (_, id) => ({ id, file_name: `${id}.png` }));
  await writeFile(path('large.json'), JSON.stringify({ images, annotations: [], categories: [] }));
  const stage = { ...detect, input: { ...detect.input, channels: 3 as const, height: 4096, width: 4096 } };
  const files = {
    ...onDisk,
    picture: async () => ({ item: new Uint8Array(0), width: 8192, height: 8192 }),
  };
  const tensors = await fromCoco(path('large.json'), path('large'), { ...optionsOf(stage), files });
  expect(tensors[0]!.shape).toEqual([9, 3, 4096, 4096]);
});

test('objects that the detector does not keep need no label of later stages, and synonyms name a class', async () => {
  await picture(path('desk/1.png'), 32, 32, '#000000', '#ffffff');
  const coco = {
    images: [{ id: 1, file_name: '1.png' }],
    annotations: ['mouse', 'cat', 'a'].map((_, category_id) => ({
      image_id: 1,
      category_id,
      bbox: [2 * category_id, 0, 2, 2],
    })),
    categories: ['mouse', 'cat', 'a'].map((name, id) => ({ id, name })),
  };
  await writeFile(path('desk.json'), JSON.stringify(coco));
  const finding = {
    ...detect,
    output: { format: 'detr', threshold: 0.5 },
    classes: ['a', 'cat', 'mouse, rodent'],
    keep: ['a', 'mouse, rodent'],
  };
  const naming = { ...classify, classes: ['a, first letter', 'mouse, computer mouse', 'b, a letter'] };
  const stages = [finding, naming] as ManifestStage[];
  const { truths } = await packed(stages, (options) => fromCoco(path('desk.json'), path('desk'), options));
  expect(truths[0]!.children.map(({ truth }) => truth)).toEqual([1, 0]);
});

test('texts as JSON lines keep their labels by stage; a text without one never reaches the stage', async () => {
  const lines = jsonLines(
    { text: 'hello', labels: { language: 'eng', spam: 'ham' } },
    { text: 'ça va', labels: { language: 'fra' } },
  );
  await writeFile(path('mails.jsonl'), `${lines}\n`);
  const pack = await packed([language, spam], (options) => fromTexts(path('mails.jsonl'), options));
  expect(itemsOf(pack.items).map((item) => new TextDecoder().decode(item))).toEqual(['hello', 'ça va']);
  expect(pack.truths).toEqual([
    { truth: 0, children: [{ truth: 0, children: [] }] },
    { truth: 1, children: [] },
  ]);
});

test('of more items than the limit, the seed decides which are taken', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ text: `text ${i}`, labels: { spam: 'ham' } }));
  await writeFile(path('many.jsonl'), jsonLines(...rows));
  const take = async (seed: number) => {
    const { items } = await packed([spam], (options) =>
      fromTexts(path('many.jsonl'), { ...options, limit: 5, seed }),
    );
    return itemsOf(items).map((item) => new TextDecoder().decode(item));
  };
  expect(await take(1)).toHaveLength(5);
  expect(await take(1)).toEqual(await take(1));
  expect(await take(2)).not.toEqual(await take(1));
});

test('data that does not fit is refused, with its place and the remedy', async () => {
  await picture(path('zoo/dog/1.png'), 4, 4, '#000000', '#000000');
  await expect(fromFolders(path('zoo'), optionsOf(classify))).rejects.toThrow(
    /1\.png: stage "classify" has no class "dog"; its classes are a, b, c/,
  );
  const nowhere = fromFolders(path('nowhere'), optionsOf(classify));
  await expect(nowhere).rejects.toThrow(UsageError);
  await expect(nowhere).rejects.toThrow(/nowhere cannot be read: there is no such file/);
  await mkdir(path('torn/a'), { recursive: true });
  await writeFile(path('torn/a/1.png'), (await readFile(path('zoo/dog/1.png'))).subarray(0, 60));
  await expect(fromFolders(path('torn'), optionsOf(classify))).rejects.toThrow(UnfitDataError);
  await expect(fromFolders(path('torn'), optionsOf(classify))).rejects.toThrow(
    /1\.png: it cannot be read as a picture/,
  );
  const unnamed = {
    images: [{ id: 1, file_name: 'dog/1.png' }],
    annotations: [{ image_id: 1, category_id: 9, bbox: [0, 0, 4, 4] }],
    categories: [],
  };
  await writeFile(path('unnamed.json'), JSON.stringify(unnamed));
  await expect(fromCoco(path('unnamed.json'), path('zoo'), optionsOf(detect, classify))).rejects.toThrow(
    /stage "classify" has no class "category 9"/,
  );
  const images = [{ id: 1, file_name: 'gone.png' }];
  await writeFile(path('gone.json'), JSON.stringify({ images, annotations: [], categories: [] }));
  await expect(fromCoco(path('gone.json'), path('zoo'), optionsOf(detect))).rejects.toThrow(
    /gone\.png: it cannot be read: there is no such file\. Put the picture there/,
  );
  await expect(fromFolders(path('gone.json'), optionsOf(classify))).rejects.toThrow(/no labelled items/);
  await expect(fromFolders(path('zoo'), optionsOf(detect))).rejects.toThrow(/finds objects.*COCO/s);
  await expect(fromFolders(path('zoo'), optionsOf(language))).rejects.toThrow(/takes text/);
  await writeFile(path('bad.jsonl'), '{"text": "a", "labels": {}}\n{"text": 3}\n');
  await expect(fromTexts(path('bad.jsonl'), optionsOf(spam))).rejects.toThrow(InvalidDocumentError);
  await expect(fromTexts(path('bad.jsonl'), optionsOf(spam))).rejects.toThrow(/bad\.jsonl, line 2/);
  await writeFile(path('none.jsonl'), '\n \n');
  await expect(fromTexts(path('none.jsonl'), optionsOf(spam))).rejects.toThrow(/no labelled items/);
});

test('the command writes the pack beside the manifest, which then names it and says what its mix stands for', async () => {
  const lines = ['hello', 'hi', 'good morning'].map((text) =>
    JSON.stringify({ text, labels: { language: 'eng', spam: 'ham' } }),
  );
  await writeFile(path('lines.jsonl'), lines.join('\n'));
  const manifest = { schema: MANIFEST, name: 'mine', title: 'Mine', stages: [language, spam] };
  await writeFile(path('manifest.json'), JSON.stringify(manifest));
  const asked = ['pack', '--manifest', path('manifest.json')];
  const pack = (...more: string[]) => ipaEdgeHere([...asked, ...more]);
  const refused = (...more: string[]) => refusal([...asked, ...more]);
  const read = () => loadManifest(path('manifest.json'), (file) => readFile(file));
  const { code, stdout } = await pack('--texts', path('lines.jsonl'));
  const mix = '3 texts of 2 to 12 bytes, median 5; what load they stand for is not stated.';
  expect([code, stdout]).toEqual([0, expect.stringContaining(mix)]);
  const loaded = await read();
  expect(loaded.manifest.pack).toMatchObject({ file: 'pack.bin', source: '3 texts of lines.jsonl', mix });
  expect((await loaded.readPack()).items.lengths).toEqual([5, 2, 12]);

  expect((await pack('--texts', path('lines.jsonl'), '--mix', 'Greetings in May.')).code).toBe(0);
  expect((await read()).manifest.pack!.mix).toBe('Greetings in May.');

  expect(await refused()).toContain('Give one of --folders');
  await writeFile(path('half.jsonl'), JSON.stringify({ text: 'hi', labels: { language: 'eng' } }));
  expect(await refused('--texts', path('half.jsonl'))).toContain(
    '"label.spam" has no label for the item. Correct its labelled data',
  );
  const kept = await readFile(path('pack.bin'));
  await writeFile(path('foreign.jsonl'), JSON.stringify({ text: 'çava', labels: { language: 'fra' } }));
  expect(await refused('--texts', path('foreign.jsonl'))).toContain('no item of it reaches stage "spam"');
  expect(await readFile(path('pack.bin'))).toEqual(kept);
  expect(await refused('--texts', path('lines.jsonl'), '--mix', 'x'.repeat(401))).toContain(
    'a text of 1 to 400 letters',
  );
});

test('if the manifest cannot be written, the pack beside it stays', async () => {
  // A new file beside the manifest, with which it is replaced, would have too long a name.
  const manifest = path(`long/${'m'.repeat(240)}.json`);
  await mkdir(path('long'));
  await writeFile(
    manifest,
    JSON.stringify({ schema: MANIFEST, name: 'mine', title: 'Mine', stages: [language] }),
  );
  await writeFile(path('long/pack.bin'), 'an earlier pack');
  await writeFile(path('one.jsonl'), JSON.stringify({ text: 'hello', labels: { language: 'eng' } }));
  expect(await refusal(['pack', '--manifest', manifest, '--texts', path('one.jsonl')])).toContain(
    `${manifest} cannot be written: its path is too long`,
  );
  expect(await readFile(path('long/pack.bin'), 'utf8')).toBe('an earlier pack');
});

test('after Ctrl-C the command says that no pack is written, and exits 130', async () => {
  await picture(path('many/a/0.png'), 64, 64, '#000000', '#ffffff');
  for (let i = 1; i < 500; i++) await copyFile(path('many/a/0.png'), path(`many/a/${i}.png`));
  const manifest = { schema: MANIFEST, name: 'mine', title: 'Mine', stages: [classify] };
  await writeFile(path('stopped.json'), JSON.stringify(manifest));
  const args = ['pack', '--manifest', path('stopped.json'), '--folders', path('many')];
  const { code, stderr } = await ipaEdge(args, (child) => {
    child.stderr!.once('data', () => child.kill('SIGINT'));
  });
  expect(stderr).toMatch(/stopping; no pack is written.*\nStopped\.\n$/s);
  expect(code).toBe(130);
  expect(JSON.parse(await readFile(path('stopped.json'), 'utf8'))).toEqual(manifest);
});
