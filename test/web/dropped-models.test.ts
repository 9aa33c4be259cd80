import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../solver/documents/profile.ts';
import { ROOT } from '../../workers/command/root.ts';
import { colouredQuarters } from '../coloured-quarters.ts';
import { COLOURS, SCENE } from '../formats.ts';
import { tone, wavOf } from '../models/wav.ts';
import { brightestChannel, quarterDetector } from '../onnx.ts';
import { DropSite } from './drop-site.ts';
import { dropPaths } from './dropped-paths.ts';
import { ownModel } from './own-files.ts';

/** Drops folders of models and of labelled data on the page as it ships, in the way of a file manager. */

const MINIS = join(ROOT, 'models/minis');

const site = new DropSite();
const { dropAnywhere, write } = site;

const accuracies = ({ stages }: Profile) =>
  stages.map(({ name, variants }) => [name, ...variants.map((one) => one.accuracy.measured?.value)]);

describe('a folder in the layout of the hub becomes a pipeline', () => {
  it('of texts, with JSON lines beside it: it is measured and planned', async () => {
    const model = join(site.folder, 'mood');
    await cp(join(MINIS, 'mood-small'), model, { recursive: true });
    await write('mood/README.md', '# A model');
    await write('mood/1_Pooling/config.json', '{}');
    await write('mood/.gitattributes', '*.onnx filter=lfs');
    const mails = await write(
      'messages.jsonl',
      ['Thank you so much!', 'Where is my parcel?']
        .map((text) => JSON.stringify({ text, labels: { 'classify-text': 'thanks' } }))
        .join('\n'),
    );
    await dropAnywhere(model, mails);
    await expect.poll(() => site.own.chosen()).toBe('mood');
    expect(await site.own.names('classify-text')).toEqual(['mood-fp32']);
    const told = await site.own.status().textContent();
    expect(told).toMatch(
      /model\.onnx takes input_ids int64 .*attention_mask int64 .* and gives logits float32/,
    );
    expect(told).toMatch(
      /operators: \d+ \w+, .*other kinds\. From now on, measuring uses 2 texts of messages\.jsonl/,
    );
    const profile = await site.own.measure();
    const [variant] = profile.stages[0]!.variants;
    expect(variant!.accuracy.measured).toMatchObject({ n: 2 });
  });

  it('with hidden files of git, the hub’s command, macOS and Windows in it, which are left out', async () => {
    await cp(join(MINIS, 'mood-small'), join(site.folder, 'cloned'), { recursive: true });
    for (const hidden of [
      '.git/HEAD',
      '.cache/huggingface/download/config.json.metadata',
      '.DS_Store',
      'onnx/.DS_Store',
      'onnx/._model.onnx',
      'desktop.ini',
    ])
      await write(`cloned/${hidden}`, 'no document');
    await dropAnywhere(join(site.folder, 'cloned'));
    await expect.poll(() => site.own.chosen()).toBe('cloned');
    expect(await site.own.names('classify-text')).toEqual(['cloned-fp32']);
    expect(await site.own.page.locator('.page-problem').count()).toBe(0);
  });

  it('of pictures with boxes, with a nested folder of COCO beside it, in which every object is found', async () => {
    const config = {
      model_type: 'detr',
      architectures: ['DetrForObjectDetection'],
      id2label: Object.fromEntries(COLOURS.map((name, i) => [i, name])),
    };
    const preprocessor = { size: { height: SCENE, width: SCENE }, do_normalize: false };
    const model = await write('finder/config.json', JSON.stringify(config));
    await write('finder/preprocessor_config.json', JSON.stringify(preprocessor));
    await write('finder/onnx/model.onnx', quarterDetector('detr', 'float32'));
    await write('finder/onnx/model_fp16.onnx', quarterDetector('detr', 'float16'));
    const data = await colouredQuarters(join(site.folder, 'photos'));
    await dropAnywhere(model, data);
    await expect.poll(() => site.own.chosen()).toBe('finder');
    expect(await site.own.names('detect')).toEqual(['finder-fp32', 'finder-fp16']);
    expect(await site.own.status().textContent()).toContain('measuring uses 3 pictures of');
    expect(accuracies(await site.own.measure())).toEqual([['detect', 1, 1]]);
  });

  it('of sounds: their times alone are measured, and the page says so; recordings that are dropped later become its pack', async () => {
    await dropAnywhere(join(MINIS, 'speech-small'));
    await expect.poll(() => site.own.chosen()).toBe('speech-small');
    expect(await site.own.names('transcribe')).toEqual(['speech-small-fp32']);
    const told = await site.own.status().textContent();
    expect(told).toMatch(/encoder_model\.onnx takes .*decoder_model_merged\.onnx takes .* and \d+ more/);
    expect(told).toMatch(
      /no accuracy, so plans are by latency and cost alone\. To measure accuracy, drop sounds with their transcripts on this page/,
    );
    const sounds = await write('calls/1/1-1.wav', wavOf(tone(440, 0.5, 16_000), { rateHz: 16_000 }));
    await write('calls/1/1.trans.txt', '1-1 Where is it?\n');
    await dropAnywhere(sounds);
    await expect.poll(() => site.own.status().textContent()).toContain('1 recording');
  });
});

it('folders of pictures, one for each class, become a pipeline with their model', async () => {
  const model = brightestChannel({ type: 'float32', dims: ['batch', 3, 8, 8] }, 1, {
    type: 'float32',
    dims: ['batch', 3],
  });
  const folders = await Promise.all(
    Object.entries({ '1 red': '#d02010', '2 green': '#10c020', '3 blue': '#1020e0' }).map(
      async ([name, background]) => {
        const picture = sharp({ create: { width: 20, height: 16, channels: 3, background } });
        return write(`${name}/deeper/1.png`, await picture.png().toBuffer());
      },
    ),
  );
  await dropAnywhere(await write('channels.onnx', model), ...folders);
  await expect.poll(() => site.own.chosen()).toBe('channels');
  expect(await site.own.status().textContent()).toContain('got most of the labelled pictures right');
});

it('a folder that is dropped on a stage adds its model to the stage', async () => {
  await write('mine/linear.onnx', (await ownModel('linear')).bytes);
  await write('mine/README.md', '# A model');
  await dropPaths(site.own.page, '[aria-label="Stage classify"]', [join(site.folder, 'mine')]);
  await expect.poll(() => site.own.names('classify')).toContain('linear-2');
});

describe('what is missing is said, with the remedy', () => {
  const give = async (name: string, ...files: string[]) => {
    const form = site.own.page.getByRole('region', { name: 'A new pipeline without a manifest' });
    if (!(await form.isVisible())) await site.own.openSection();
    await form.getByLabel('Choose models').setInputFiles(files.map((file) => resolve(MINIS, name, file)));
    return form;
  };
  const goOn = async (name: string, ...files: string[]) =>
    (await give(name, ...files)).getByRole('button', { name: 'Go on without labels' }).click();

  it('of a decoder without its encoder, a text model without its tokenizer, a model without its configuration', async () => {
    await goOn(
      'translate-small',
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'onnx/decoder_model_merged.onnx',
    );
    await site.own.refused(
      /has decoder_model_merged\.onnx, and translation needs encoder_model\.onnx with decoder_model_merged\.onnx.*Give all files/,
    );
    await goOn('mood-small', 'config.json', 'onnx/model.onnx');
    await site.own.refused(
      /has no tokenizer\.json with a tokenizer_config\.json.*missing, choose or drop it too/,
    );
    await goOn('mood-small', 'onnx/model.onnx');
    await site.own.refused(/Give the config\.json of its repository with it/);
    expect(await site.own.ownPipelines()).toEqual([]);
    expect(await site.own.keptFiles()).toBe(0);
  });

  it('of a model that may have several tasks: the task is chosen in the form', async () => {
    const config = JSON.parse(await readFile(join(MINIS, 'translate-small/config.json'), 'utf8'));
    const t5 = { ...config, architectures: ['T5ForConditionalGeneration'] };
    await cp(join(MINIS, 'translate-small'), join(site.folder, 't5'), { recursive: true });
    await write('t5/config.json', JSON.stringify(t5));
    await dropAnywhere(join(site.folder, 't5'));
    await site.own.refused(/is for translation or summarization.*"A new pipeline without a manifest"/);
    const files = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
    const models = ['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx'];
    const form = await give(
      '../../../../..',
      ...[...files, ...models].map((file) => join(site.folder, 't5', file)),
    );
    await form.getByLabel('Task', { exact: true }).selectOption('translation');
    await form.getByRole('button', { name: 'Go on without labels' }).click();
    await expect.poll(() => site.own.chosen()).toBe('own');
    expect(await site.own.names('translate')).toEqual(['own-fp32']);
  });
});
