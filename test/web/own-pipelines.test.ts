import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesOf } from '../../models/manifests/edit.ts';
import { loadManifest } from '../../models/manifests/load.ts';
import { dropPaths } from './dropped-paths.ts';
import { type AnyFile, dropOn, LONG_S, openIn, section } from './opened-page.ts';
import { garments, ownModel } from './own-files.ts';
import { FASHION, OwnPage } from './own-page.ts';
import { deleteProfiles, sharedPage } from './shared-page.ts';
import { serveStatic } from './static-host.ts';

/** Opens pipelines of the user's own on the page as it ships, and measures on wasm, because a software adapter is slow. */

const tab = sharedPage((page) => page.getByText('Your own models').click());
let own: OwnPage;

/** Deletes what the tests before have left in the browser. */
beforeEach(async () => {
  own = new OwnPage(tab.opened);
  for (const name of await own.ownPipelines()) {
    await own.chooser().selectOption(name);
    await own.deletePipeline(name);
  }
  await deleteProfiles(own.page);
  await own.stage('detect').waitFor();
});

describe('a pipeline of the user', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipa-edge-own-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const laidOut = async (files: readonly AnyFile[]) => {
    for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
  };
  /** Waits until the pipeline is chosen and the page has gone to the section that shows it. */
  const shown = async (name: string) => {
    await expect.poll(() => own.chosen()).toBe(name);
    await expect.poll(() => section(own.page)).toBe('#measure');
  };
  const CORS = { 'Access-Control-Allow-Origin': '*' };

  it('comes by the address of its manifest, and is measured with its host gone', async () => {
    await laidOut(await garments());
    const host = await serveStatic(folder, '/shared/', CORS);
    await own.openAddress(`${host.url}manifest.json`);
    await expect.poll(() => own.chosen()).toBe('garments');
    expect(host.asked.length).toBe(4);
    await host.close();
    expect(await own.names('classify')).toEqual(['linear', 'cnn8']);
    const profile = await own.measure();
    expect(profile.pipeline).toBe('garments');
    expect(profile.stages[0]!.variants.map(({ accuracy }) => accuracy.published)).toEqual([0.7, null]);
    expect(profile.stages[0]!.variants[1]!.accuracy.measured!.n).toBe(12);
  });

  it('is told why, where it cannot be had, and nothing is kept', async () => {
    const [manifest, model, ...rest] = await garments();
    await laidOut([manifest!, model!, ...rest]);
    const silent = await serveStatic(folder, '/');
    await own.openAddress(`${silent.url}manifest.json`);
    await own.refused(
      /127\.0\.0\.1:\d+ cannot be reached, or does not let other sites read.*Access-Control-Allow-Origin/s,
    );
    await silent.close();

    const host = await serveStatic(folder, '/', CORS);
    await own.openAddress(`${host.url}other.json`);
    await own.refused(/other\.json.*cannot be read: the server answered 404/s);
    await laidOut([{ name: 'trace.json', bytes: Buffer.from('{"schema":"ipa-edge/trace@1"}') }]);
    await own.openAddress(`${host.url}trace.json`);
    await own.refused(/"ipa-edge\/manifest@2" is read here/);
    await laidOut([{ name: model!.name, bytes: Buffer.from('another') }]);
    await own.openAddress(`${host.url}manifest.json`);
    await own.refused(/linear\.onnx should have SHA-256 [0-9a-f]{64}, but has [0-9a-f]{64}/);
    await laidOut([{ name: model!.name, bytes: Buffer.alloc(model!.bytes.length + 1) }]);
    await own.openAddress(`${host.url}manifest.json`);
    await own.refused(/linear\.onnx cannot be read: it has more than the \d+ bytes that are expected/);
    await rm(join(folder, model!.name));
    await own.openAddress(`${host.url}manifest.json`);
    await own.refused(
      /linear\.onnx cannot be read: the server answered 404.*path that .*manifest\.json gives/,
    );
    await host.close();
    expect(await own.ownPipelines()).toEqual([]);
    expect(await own.keptFiles()).toBe(0);
    // The browser itself writes these errors.
    for (const complaint of tab.takeComplaints())
      expect(complaint).toMatch(/blocked by CORS policy|^Failed to load resource/);
  });

  it('is not there where its download is cancelled, nor is anything kept of it', async () => {
    await laidOut(await garments());
    const host = await serveStatic(folder, '/', CORS);
    const held: string[] = [];
    // The download of one of the pipeline's files never ends.
    await tab.context.route('**/cnn8.onnx', (route) => {
      held.push(route.request().url());
    });
    await own.openAddress(`${host.url}manifest.json`);
    await expect.poll(() => held.length).toBe(1);
    await expect.poll(() => own.status().textContent()).toContain('Reading cnn8.onnx');
    await own.cancelTaking();
    expect(await own.ownPipelines()).toEqual([]);
    expect(await own.keptFiles()).toBe(0);
    await tab.context.unrouteAll();
    await own.openAddress(`${host.url}manifest.json`);
    await expect.poll(() => own.chosen()).toBe('garments');
    await host.close();
  });

  it('comes as files, under another name where its own is taken, and once only', async () => {
    const files = await garments('fashion');
    await dropOn(own.page, '#plan', files);
    await shown('fashion-2');
    await dropOn(own.page, '#plan', await garments());
    await shown('garments');
    await own.chooser().selectOption('fashion');
    await own.stage('detect').waitFor();
    await own.page.evaluate(() => {
      location.hash = 'plan';
    });
    await dropOn(own.page, '#plan', await garments());
    await shown('garments');
    expect(await own.ownPipelines()).toEqual(['fashion-2', 'garments']);
    await dropOn(own.page, '#plan', files.slice(0, 2));
    await own.refused(
      /cnn8\.onnx cannot be read: it is not among the chosen files.*path that manifest\.json gives/,
    );
    expect(await own.chosen()).toBe('garments');
  });

  it('may name files of different folders that have one name', async () => {
    const [manifest, linear, cnn8, labels] = (await garments()) as [AnyFile, AnyFile, AnyFile, AnyFile];
    const inFolders = String(manifest.bytes).replace(/"(linear|cnn8)\.onnx"/g, '"$1/model.onnx"');
    await mkdir(join(folder, 'linear'));
    await mkdir(join(folder, 'cnn8'));
    await laidOut([
      { name: 'manifest.json', bytes: Buffer.from(inFolders) },
      { name: 'linear/model.onnx', bytes: linear.bytes },
      { name: 'cnn8/model.onnx', bytes: cnn8.bytes },
      labels,
    ]);
    await dropPaths(own.page, '#plan', [folder]);
    await shown('garments');
    expect(await own.names('classify')).toEqual(['linear', 'cnn8']);
    await own.chooser().selectOption('fashion');
    await own.stage('detect').waitFor();
    await laidOut([{ name: 'cnn8/model.onnx', bytes: Buffer.from('another') }]);
    await laidOut([{ name: 'manifest.json', bytes: Buffer.from(inFolders.replace('garments', 'others')) }]);
    await dropPaths(own.page, '#plan', [folder]);
    await own.refused(/cnn8\/model\.onnx should have SHA-256 [0-9a-f]{64}, but has [0-9a-f]{64}/);
  });

  it('has in two tabs what both did to it and, once deleted in one, is chosen in neither, which the other says', async () => {
    await dropOn(own.page, '#plan', await garments());
    await shown('garments');
    const other = new OwnPage(await openIn(tab.context, tab.site.url));
    await expect.poll(() => other.chosen()).toBe('garments');
    await other.drop('classify', [await ownModel('mlp64')]);
    await expect.poll(() => other.names('classify')).toEqual(['linear', 'cnn8', 'mlp64']);
    await expect.poll(() => own.page.getByRole('region', { name: 'Another tab' }).count()).toBe(0);
    await own.deleteVariant('cnn8');
    expect(await own.names('classify')).toEqual(['linear', 'mlp64']);

    await own.deletePipeline('garments');
    await expect.poll(() => other.chosen()).toBe('fashion');
    expect(await other.names('classify')).toEqual(FASHION);
    await other.refused(/No pipeline garments is kept here\. It was removed/);
    await other.page.close();
  });

  it('is not deleted while it is measured', async () => {
    await dropOn(own.page, '#plan', await garments());
    await shown('garments');
    await own.setUp(LONG_S);
    await own.start();
    const button = (name: string) => own.page.getByRole('button', { name, exact: true });
    await expect.poll(() => button('Delete pipeline garments').isDisabled()).toBe(true);
    await button('Cancel').click();
    await expect.poll(() => button('Delete pipeline garments').isEnabled()).toBe(true);
  });

  it('is saved as one file that the commands take and the page opens, and is deleted for good', async () => {
    await dropOn(own.page, '#plan', await garments());
    await shown('garments');
    const [download] = await Promise.all([
      own.page.waitForEvent('download'),
      own.page.getByRole('button', { name: 'Save pipeline TAR' }).click(),
    ]);
    const archive = await readFile(await download.path());
    await writeFile(join(folder, 'own.tar'), archive);
    await promisify(execFile)('tar', ['-xf', 'own.tar'], { cwd: folder });
    const models = await loadManifest(join(folder, 'garments/manifest.json'), (path) => readFile(path));
    for (const { file, sha256 } of filesOf(models.manifest)) await models.readVerified(file, sha256);
    expect((await models.readPack()).truths).toHaveLength(12);

    await own.deletePipeline('garments');
    expect(await own.ownPipelines()).toEqual([]);
    expect(await own.names('classify')).toEqual(FASHION);
    expect(await own.keptFiles()).toBe(0);

    await dropOn(own.page, '#plan', [{ name: 'own.tar', bytes: archive }]);
    await shown('garments');
    expect(await own.names('classify')).toEqual(['linear', 'cnn8']);
  });
});
