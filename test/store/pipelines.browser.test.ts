import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChecksumError, type LoadedManifest, sha256Hex, withFiles } from '../../models/manifests/load.ts';
import { MANIFEST, MANIFEST_1, type Manifest } from '../../solver/documents/manifest.ts';
import { PipelineNotFoundError, PipelineStore, RemovedFileError } from '../../workers/store/pipelines.ts';
import { StoreFullError, StoreUnavailableError } from '../../workers/store/store.ts';
import { classify } from '../models/stages.ts';

interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ caches: CacheStorage }>;
  delete(name: string): Promise<void>;
}
const buckets = (navigator as Navigator & { storageBuckets: StorageBuckets }).storageBuckets;

/** Makes a pipeline. @param files contents by name; the last file is the pack */
async function pipeline(name: string, files: Readonly<Record<string, string>>) {
  const bytes = (file: string) => new TextEncoder().encode(files[file]);
  const named = await Promise.all(
    Object.keys(files).map(async (file) => ({ file, sha256: await sha256Hex(bytes(file)) })),
  );
  const pack = named.pop()!;
  const model = { sizeBytes: 1, dtype: 'fp32' } as const;
  const manifest: Manifest = {
    schema: MANIFEST,
    name,
    title: name,
    stages: [
      {
        ...classify,
        variants: named.map((one, i) => ({
          ...classify.variants[0]!,
          name: `v${i}`,
          sessions: { model: { ...model, ...one } },
        })),
      },
    ],
    pack: { ...pack, source: 'made up' },
  };
  return withFiles(manifest, async (file) => {
    if (files[file] === undefined) throw new Error(`${file} was asked for`);
    return bytes(file);
  });
}

const modelOf = ({ manifest }: LoadedManifest, variant: number) =>
  manifest.stages[0]!.variants[variant]!.sessions.model!;

const text = async (loaded: LoadedManifest, variant: number) => {
  const { file, sha256 } = modelOf(loaded, variant);
  return new TextDecoder().decode(await loaded.readVerified(file, sha256));
};

let name: string;
let caches: CacheStorage;
let store: PipelineStore;
beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  ({ caches } = await buckets.open(name, { quota: 200_000 }));
  store = new PipelineStore(caches);
});
afterEach(() => buckets.delete(name));

/** Counts the manifests and files that the browser keeps. */
async function kept(): Promise<number> {
  const all = await Promise.all((await caches.keys()).map(async (key) => (await caches.open(key)).keys()));
  return all.flat().length;
}

describe('the store of pipelines', () => {
  it('gives back what was saved, by other instances too', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'b.onnx': 'B', 'p.bin': 'P' }));
    const again = await new PipelineStore(caches).load('one');
    expect([await text(again, 0), await text(again, 1)]).toEqual(['A', 'B']);
    expect([modelOf(again, 0).file, modelOf(again, 1).file]).toEqual(['a.onnx', 'b.onnx']);
  });

  it('lists names in order, and puts a pipeline in place of the one of its name', async () => {
    await store.save(await pipeline('two', { 'a.onnx': 'A', 'p.bin': 'P' }));
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }));
    await store.save(await pipeline('one', { 'c.onnx': 'C', 'p.bin': 'P' }));
    expect(await store.list()).toEqual(['one', 'two']);
    expect(await text(await store.load('one'), 0)).toBe('C');
  });

  it('keeps a file once, and no longer than a pipeline has it', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'b.onnx': 'B', 'p.bin': 'P' }));
    await store.save(await pipeline('two', { 'other.onnx': 'A', 'p.bin': 'P' }));
    expect(await kept()).toBe(2 + 3);
    await store.delete('one');
    expect(await kept()).toBe(1 + 2);
    expect(await text(await store.load('two'), 0)).toBe('A');
    await store.delete('two');
    expect(await kept()).toBe(0);
    await expect(store.load('two')).rejects.toThrow(PipelineNotFoundError);
  });

  it('reads a manifest that was kept as version 1, and keeps its files', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }));
    const { manifest } = await store.load('one');
    const { sessions, ...variant } = manifest.stages[0]!.variants[0]!;
    const { dtype: _, ...model } = sessions.model!;
    const stages = [{ ...manifest.stages[0], variants: [{ ...variant, ...model }] }];
    const cache = await caches.open((await caches.keys())[0]!);
    const key = (await cache.keys()).find(({ url }) => url.endsWith('/one'))!;
    await cache.put(key, new Response(JSON.stringify({ ...manifest, schema: MANIFEST_1, stages })));
    // Saving a pipeline removes the files that no pipeline names.
    await store.save(await pipeline('two', { 'b.onnx': 'B', 'p.bin': 'P' }));
    expect(await text(await store.load('one'), 0)).toBe('A');
  });

  it('saves and deletes beside a pipeline that cannot be read, whose files stay', async () => {
    await store.save(await pipeline('newer', { 'a.onnx': 'A', 'p.bin': 'P' }));
    const cache = await caches.open((await caches.keys())[0]!);
    const key = (await cache.keys()).find(({ url }) => url.endsWith('/newer'))!;
    await cache.put(key, new Response('{"schema": "ipa-edge/manifest@9"}'));
    await store.save(await pipeline('one', { 'b.onnx': 'B', 'p.bin': 'P' }));
    await store.delete('one');
    expect(await store.list()).toEqual(['newer']);
    expect(await kept()).toBeGreaterThanOrEqual(1 + 2);
  });

  it('saved at once from two tabs, both are whole', async () => {
    const tabs = [store, new PipelineStore(caches)];
    await Promise.all(
      tabs.map(async (tab, i) => tab.save(await pipeline(`tab-${i}`, { 'a.onnx': `${i}`, 'p.bin': 'P' }))),
    );
    for (const i of [0, 1]) expect(await text(await store.load(`tab-${i}`), 0)).toBe(String(i));
  });

  it('where a file cannot be read, keeps what was there and nothing else', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }));
    const broken = await pipeline('one', { 'c.onnx': 'C', 'p.bin': 'P' });
    const read = async (file: string, sum: string) => {
      if (file === 'p.bin') throw new Error('no more');
      return broken.readVerified(file, sum);
    };
    await expect(store.save(withFiles(broken.manifest, read))).rejects.toThrow('no more');
    expect(await text(await store.load('one'), 0)).toBe('A');
    expect(await kept()).toBe(1 + 2);
  });

  it('without room says so, and keeps what was there and nothing else', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }));
    const large = await pipeline('large', { 'a.onnx': 'x'.repeat(400_000), 'p.bin': 'P' });
    await expect(store.save(large)).rejects.toThrow(StoreFullError);
    expect(await store.list()).toEqual(['one']);
    expect(await kept()).toBe(1 + 2);
  });

  it('tells of files that the browser has removed or changed', async () => {
    await store.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }));
    const loaded = await store.load('one');
    const [cacheName] = await caches.keys();
    const cache = await caches.open(cacheName!);
    const { sha256 } = modelOf(loaded, 0);
    const key = (await cache.keys()).find(({ url }) => url.endsWith(sha256))!;
    await cache.put(key, new Response('Z'));
    await expect(text(loaded, 0)).rejects.toThrow(ChecksumError);
    await cache.delete(key);
    await expect(text(loaded, 0)).rejects.toThrow(RemovedFileError);
  });

  it('without the Cache API has none, and says why none can be saved', async () => {
    const nowhere = new PipelineStore(null);
    expect(await nowhere.list()).toEqual([]);
    await expect(nowhere.save(await pipeline('one', { 'a.onnx': 'A', 'p.bin': 'P' }))).rejects.toThrow(
      StoreUnavailableError,
    );
  });
});
