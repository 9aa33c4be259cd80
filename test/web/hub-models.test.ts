import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { LocalHub } from '../hub.ts';
import { brightestChannel, externalClassifier } from '../onnx.ts';
import { openIn, openPage } from './opened-page.ts';
import { OwnPage } from './own-page.ts';
import { servedPage } from './serve.ts';

/** Adds models of a hub, which runs on loopback, to the page as it ships. */

const [SIDE, CLASSES] = [64, 512];
const WEIGHTS = new Uint8Array(4 * SIDE * SIDE * CLASSES);
const PART_BYTES = 4 * 2 ** 20;

const preprocessor = (height: number, width: number) => ({
  do_normalize: true,
  ...{ image_mean: [0.5], image_std: [0.25], size: { height, width } },
});
const classifier = (channels: number, classes: number) => ({
  architectures: ['ResNetForImageClassification'],
  model_type: 'resnet',
  num_channels: channels,
  id2label: Object.fromEntries(Array.from({ length: classes }, (_, c) => [c, `class ${c}`])),
});
const brightest = (type: 'float32' | 'float16') =>
  brightestChannel({ type: 'float32', dims: ['batch', 3, 8, 8] }, 1, { type, dims: ['batch', 3] });

/** Returns the files of a model with weights in a file of their own. */
const large = () => ({
  'config.json': classifier(1, CLASSES),
  'preprocessor_config.json': preprocessor(SIDE, SIDE),
  'onnx/model.onnx': externalClassifier([1, SIDE, SIDE], CLASSES, 'model.onnx_data'),
  'onnx/model.onnx_data': WEIGHTS,
});

/** Returns the files of a shipped model with an encoder and a decoder, by their paths. */
function translator(): Record<string, Buffer> {
  const mini = join(ROOT, 'models/minis/translate-small');
  const paths = readdirSync(mini, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => /\.\w+$/.test(path));
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(mini, path))]));
}

const site = servedPage();
/** The page that the tests share, each of which adds a model of another name. After a failed test the next one gets a new page. */
let own: OwnPage;
let isOpen = false;
/** How many complaints the page had before the test. */
let complaintsBefore: number;
let hub: LocalHub;

beforeEach(async () => {
  hub = await LocalHub.start();
  hub.publish('owner/brightest', {
    'config.json': classifier(3, 3),
    'preprocessor_config.json': preprocessor(8, 8),
    'onnx/model.onnx': brightest('float32'),
    'onnx/model_fp16.onnx': brightest('float16'),
  });
  if (!isOpen) own = new OwnPage(await openPage(site.browser, site.url));
  isOpen = true;
  complaintsBefore = own.opened.complaints.length;
});
afterEach(async ({ task }) => {
  await hub.close();
  if (task.result?.state !== 'fail') return;
  isOpen = false;
  await own.opened.context.close();
});

const complaints = () => own.opened.complaints.slice(complaintsBefore);

/** Fills in the form and sends it. @param more texts of further fields, by their labels */
async function add(
  id: string,
  weights: string,
  becomes = 'a new pipeline',
  address = hub.url,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const form = own.page.getByRole('form', { name: 'A model of the hub' });
  if (!(await form.isVisible())) await own.openSection();
  if (!(await form.getByLabel('Revision', { exact: true }).isVisible()))
    await form.getByText('More about the model').click();
  for (const label of ['Prefix', 'Revision', 'Access token'])
    await form.getByLabel(label, { exact: true }).fill(more[label] ?? '');
  await form.getByLabel('Task', { exact: true }).selectOption(more.Task ?? '');
  await form.getByLabel('Hugging Face model id').fill(id);
  await form.getByLabel('Weights', { exact: true }).selectOption(weights);
  await form.getByLabel('Add as').selectOption(becomes);
  await form.getByLabel('Hub', { exact: true }).fill(address);
  await form.getByRole('button', { name: 'Add' }).click();
}

/** The hub lets nobody read a model without this token; the host of its large files asks for none. */
const TOKEN = 'of-mine';
const gate = (id: string): void =>
  hub.spoil(id, ({ headers, url }, response) => {
    if (url!.includes('signature') || headers.authorization === `Bearer ${TOKEN}`) return false;
    response.writeHead(headers.authorization ? 403 : 401).end();
    return true;
  });

describe('a model of the hub', () => {
  it('that is not there, does not fit, or is none is refused, and nothing is kept', async () => {
    await add('not an id', 'fp32');
    await own.refused(/is not a model's id: give owner\/name/);
    await own.stage('classify').waitFor();
    await add('owner/nothing', 'fp32');
    await own.refused(/owner\/nothing.*cannot be read: the server answered 404.*Check the model's id/s);
    await add('owner/brightest', 'q8');
    await own.refused(/has no model in q8\. It has fp32, fp16/);
    await add('owner/brightest', 'fp32', 'a variant of classify');
    await own.refused(
      /does not fit the stage classify.*Choose another stage or a new pipeline under "Add as"/s,
    );
    await add('owner/brightest', 'fp32', 'a new pipeline', 'http://127.0.0.1:9');
    await own.refused(/127\.0\.0\.1:9 cannot be reached/);
    expect(await own.ownPipelines()).toEqual([]);
    expect(await own.keptFiles()).toBe(0);
  });

  it('whose hub has no address is not asked for, and the fold with that field opens', async () => {
    await add('owner/brightest', 'fp32', 'a new pipeline', '');
    const form = own.page.getByRole('form', { name: 'A model of the hub' });
    await form.getByText('More about the model').click();
    expect(await form.getByLabel('Hub', { exact: true }).isVisible()).toBe(false);
    await form.getByRole('button', { name: 'Add' }).click();
    await expect
      .poll(() => form.getByLabel('Hub', { exact: true }).evaluate((field) => field.matches(':focus')))
      .toBe(true);
    expect(hub.requests).toEqual([]);
    expect(complaints()).toEqual([]);
  });

  it('whose hub allows no more requests for a while is waited for, and the page says so', async () => {
    hub.answerWith('/api/models/', [429]);
    await add('owner/brightest', 'fp32');
    await expect
      .poll(() => own.status().textContent())
      .toContain(`${new URL(hub.url).host} allows no more requests for now. The next one is due in 10 s`);
    await own.cancelTaking();
  });

  it('whose file the host refuses is refused with one reason and its remedy', async () => {
    hub.publish('owner/refused', large());
    hub.answerWith('onnx_data?signature', [404]);
    await add('owner/refused', 'fp32');
    await own.refused(
      /^http\S+model\.onnx_data cannot be read: the server answered 404\. Check the model's id/,
    );
  });

  it('comes by its id as a new pipeline, gets a second variant, and is there after a reload without a network', async () => {
    await add('owner/brightest', 'fp32');
    await expect
      .poll(() => own.status().textContent())
      .toContain('owner/brightest in fp32 is a variant of classify');
    expect(await own.chosen()).toBe('brightest');
    await add('owner/brightest', 'fp16', 'a variant of classify');
    await expect.poll(() => own.names('classify')).toEqual(['brightest-fp32', 'brightest-fp16']);
    expect(hub.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
    // The page does not download again what the pipeline already has.
    expect(hub.sentBytes).toBe(brightest('float32').length + brightest('float16').length);
    await hub.close();
    hub = await LocalHub.start();
    await own.page.reload();
    await expect.poll(() => own.names('classify')).toEqual(['brightest-fp32', 'brightest-fp16']);
    expect(complaints()).toEqual([]);
  });

  it('that has several sessions and a tokenizer comes with all its files', async () => {
    hub.publish('minis/translate', translator());
    const before = await own.keptFiles();
    await add('minis/translate', 'fp32');
    await expect.poll(() => own.chosen()).toBe('translate');
    expect(await own.names('translate')).toEqual(['translate-fp32']);
    // The manifest, two models and four files beside them.
    expect(await own.keptFiles()).toBe(before + 7);
    expect(complaints()).toEqual([]);
  });

  it('whose connection is cut, whose download is cancelled, or whose page is closed, goes on where it was, with its weights in a file of their own', async () => {
    hub.publish('owner/large', large());
    const answers: ServerResponse[] = [];
    hub.spoil('onnx_data?signature', ({ headers }, response) => {
      if (answers.length === 3) return false;
      const from = Number(/\d+/.exec(headers.range ?? '0')![0]);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': WEIGHTS.length - from });
      answers.push(response);
      return true;
    });
    /** Sends a little of the file now and then, until the page says that it has some. */
    const sendSome = (answer: number, said: RegExp) =>
      expect
        .poll(() => {
          answers[answer]?.write(WEIGHTS.subarray(0, 1000));
          return own.status().textContent();
        })
        .toMatch(said);
    /** The position in the file at which the page's last request for a part of the file begins. */
    const askedFrom = () => Number(/^bytes=(\d+)-$/.exec(hub.requests.at(-1)!.range!)![1]);
    const partsKept = () =>
      own.page.evaluate(async () => (await (await caches.open('ipa-edge downloads')).keys()).length);

    await add('owner/large', 'fp32');
    await sendSome(0, /: [1-9][\d.]*\skB of/);
    answers[0]!.destroy();
    await expect.poll(() => answers.length).toBe(2);
    const first = askedFrom();
    expect(first).toBeGreaterThan(0);
    answers[1]!.write(WEIGHTS.subarray(0, 1000));
    await own.cancelTaking();

    await add('owner/large', 'fp32');
    await expect.poll(() => answers.length).toBe(3);
    expect(askedFrom()).toBeGreaterThanOrEqual(first);
    const before = await partsKept();
    answers[2]!.write(WEIGHTS.subarray(0, PART_BYTES));
    await expect.poll(partsKept).toBeGreaterThan(before);
    expect(await own.status().textContent()).toMatch(/Downloading file \d of 2: .* of 8\.39\sMB/);
    const sent = askedFrom() + PART_BYTES;
    await own.page.close();

    own = new OwnPage(await openIn(own.opened.context, site.url));
    await add('owner/large', 'fp32');
    await expect.poll(() => own.chosen()).toBe('large');
    expect(await own.names('classify')).toEqual(['large-fp32']);
    expect(askedFrom()).toBeGreaterThanOrEqual(PART_BYTES);
    expect(askedFrom()).toBeLessThanOrEqual(sent);
    // The page removes its downloads once the pipeline has the files.
    expect(await partsKept()).toBe(0);
    expect(own.opened.complaints).toEqual([]);
  });

  it('that is gated comes with a token, which the hub alone gets, at the revision that is asked for', async () => {
    const gated = { 'config.json': classifier(3, 3), 'preprocessor_config.json': preprocessor(8, 8) };
    hub.publish('owner/gated', { ...gated, 'onnx/model.onnx': brightest('float32') });
    gate('owner/gated');
    await add('owner/gated', 'fp32');
    await own.refused(/answered 401.*private or gated.*token of that account under "Access token"/s);
    await add('owner/gated', 'fp32', 'a new pipeline', hub.url, { 'Access token': 'wrong' });
    await own.refused(/answered 403.*The token may not read it/s);
    const before = hub.requests.length;
    await add('owner/gated', 'fp32', 'a new pipeline', hub.url, {
      'Access token': TOKEN,
      Revision: 'main',
    });
    await expect.poll(() => own.chosen()).toBe('gated');
    const asked = hub.requests.slice(before);
    expect(asked[0]!.url).toContain('/owner/gated/revision/main?');
    for (const { host, authorization } of asked)
      expect(authorization).toBe(host === 'hub' ? `Bearer ${TOKEN}` : undefined);
    await own.page.reload();
    await own.openSection();
    expect(await own.page.getByLabel('Access token').inputValue()).toBe('');
    expect(complaints().filter((one) => !/40[13]/.test(String(one)))).toEqual([]);
  });

  it('that is gated comes with its token again where another tab has deleted a part of it', async () => {
    hub.publish('owner/deleted', large());
    gate('owner/deleted');
    let held: ServerResponse | undefined;
    hub.spoil('onnx_data?signature', (_, response) => {
      held = response;
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      return true;
    });
    await add('owner/deleted', 'fp32', 'a new pipeline', hub.url, { 'Access token': TOKEN });
    await expect.poll(() => held).toBeDefined();
    await own.page.evaluate(async () => {
      const cache = await caches.open('ipa-edge downloads');
      for (const key of await cache.keys()) await cache.delete(key);
    });
    held!.end(WEIGHTS);
    await expect.poll(() => own.chosen()).toBe('deleted');
  });

  it('that has several tasks gets the one that is chosen, with its prefix', async () => {
    const files = translator();
    const config = JSON.parse(String(files['config.json']));
    hub.publish('minis/t5', {
      ...files,
      'config.json': { ...config, architectures: ['T5ForConditionalGeneration'] },
    });
    await add('minis/t5', 'fp32');
    await own.refused(/is for translation or summarization.*Choose the task under "Task".*under "Prefix"/s);
    await add('minis/t5', 'fp32', 'a new pipeline', hub.url, { Task: 'translation', Prefix: 'to English: ' });
    await expect.poll(() => own.chosen()).toBe('t5');
    const manifest = await own.page.evaluate(async () => {
      const cache = await caches.open('ipa-edge pipelines');
      return (await cache.match('/ipa-edge-pipelines/manifests/t5'))!.text();
    });
    expect(JSON.parse(manifest).stages[0].input.prefix).toBe('to English: ');
  });
});
