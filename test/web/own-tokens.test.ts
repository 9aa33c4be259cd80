import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { type AnyFile, dropOn, openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** Drops models that need files beside them, such as a tokenizer, on the page as it ships. */

const site = servedPage();

/** Returns files of a mini model. Another version number in ONNX files changes their checksums, so they are new to the page. */
const mini = (name: string, ...files: string[]): Promise<AnyFile[]> =>
  Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(ROOT, 'models/minis', name, file));
      const version = file.endsWith('.onnx') ? Uint8Array.of((5 << 3) | 0, 9) : new Uint8Array();
      return { name: file.replace(/^.*\//, ''), bytes: Buffer.concat([bytes, version]) };
    }),
  );

it('a model comes with its tokenizer, and an encoder with its decoder and all that they need', async () => {
  const own = new OwnPage(await openPage(site.browser, site.url));
  await own.chooser().selectOption('mini-nlp');
  await own.stage('language').waitFor();
  const before = { language: await own.names('language'), translate: await own.names('translate') };

  const [model, ...others] = await mini(
    'language-small',
    ...['onnx/model.onnx', 'tokenizer.json', 'tokenizer_config.json', 'config.json'],
  );
  await own.drop('language', [model!]);
  await own.refused(/model\.onnx needs tokenizer\.json and tokenizer_config\.json.*together/s);
  await dropOn(own.page, '#plan', others);
  await own.refused(/cannot be matched to a model/);
  await own.drop('language', [model!, ...others]);
  await expect.poll(() => own.names('language')).toEqual([...before.language, 'model']);
  expect(await own.chosen()).toBe('mini-nlp-own');

  const translator = await mini(
    'translate-small',
    ...['onnx/encoder_model.onnx', 'onnx/decoder_model_merged.onnx', 'config.json', 'generation_config.json'],
    ...['tokenizer.json', 'tokenizer_config.json'],
  );
  await own.drop('translate', translator);
  await expect.poll(() => own.names('translate')).toEqual([...before.translate, 'own-fp32']);
  await own.page.reload();
  await expect.poll(() => own.names('language')).toEqual([...before.language, 'model']);
  expect(own.opened.complaints).toEqual([]);
  await own.opened.context.close();
});
