import { filesOf, inOneFolder } from '../../models/manifests/edit.ts';
import { type LoadedManifest, readChecked, withFiles } from '../../models/manifests/load.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { canonicalJson } from '../../solver/documents/canonical.ts';
import { InputError } from '../../solver/documents/coded-error.ts';
import { jsonValue } from '../../solver/documents/document.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { orFull, StoreUnavailableError } from './store.ts';

/** No pipeline with that name is kept in this browser. */
export class PipelineNotFoundError extends Error {
  override name = 'PipelineNotFoundError';
  constructor(pipeline: string) {
    super(`No pipeline ${pipeline} is kept here. It was removed, or added in another browser.`);
  }
}

/** A file of a kept pipeline is gone. */
export class RemovedFileError extends InputError {
  override name = 'RemovedFileError';
  constructor(file: string, pipeline: string) {
    super(
      `${file} of the pipeline ${pipeline} is no longer kept here: the browser removed it, or another tab replaced the pipeline. ` +
        'Reload the page, or add the pipeline again.',
    );
  }
}

const CACHE = 'ipa-edge pipelines';
/** Path prefix of the cache's keys. Nothing is ever fetched from there. */
const FOLDER = '/ipa-edge-pipelines/';
const MANIFESTS = `${FOLDER}manifests/`;
const FILES = `${FOLDER}files/`;

/** The lock lets only one tab at a time change the pipelines, so that none removes files that another is still writing. */
const LOCK = CACHE;

/**
 * Keeps the user's own pipelines with all their files in the Cache API, which takes files of any size from a page in every
 * browser and writes each as a whole or not at all. Each file is kept once, under its SHA-256.
 */
export class PipelineStore {
  /** @param caches by default the page's, which is read late, because reading it throws in a sandboxed frame; null for none */
  constructor(private readonly caches?: CacheStorage | null) {}

  /** The names of all pipelines, sorted; empty if this window cannot keep files. */
  async list(): Promise<string[]> {
    const cache = await this.#open().catch((error) => {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    });
    if (!cache) return [];
    return (await paths(cache))
      .filter((path) => path.startsWith(MANIFESTS))
      .map((path) => path.slice(MANIFESTS.length))
      .sort();
  }

  /** @throws PipelineNotFoundError, InvalidDocumentError, UnsupportedDocumentError, StoreUnavailableError */
  async load(name: string): Promise<LoadedManifest> {
    const cache = await this.#open();
    const kept = await cache.match(MANIFESTS + name);
    if (!kept) throw new PipelineNotFoundError(name);
    const source = `kept pipeline ${name}`;
    return keptFiles(cache, parseManifest(jsonValue(await kept.text(), source), source));
  }

  /**
   * Keeps a pipeline with all its files under its manifest's name, and replaces one of the same name. Every file is read, even
   * one that is kept already; if a file cannot be read, nothing changes.
   * @throws InvalidDocumentError, StoreFullError, StoreUnavailableError, and the errors of reading the files
   */
  async save(models: LoadedManifest): Promise<LoadedManifest> {
    const manifest = parseManifest(inOneFolder(models.manifest), models.manifest.name);
    const cache = await this.#open();
    return navigator.locks.request(LOCK, async () => {
      try {
        for (const { file, sha256 } of filesOf(models.manifest)) {
          const bytes = await models.readVerified(file, sha256);
          if (!(await cache.match(FILES + sha256)))
            await put(cache, FILES + sha256, bytes, `the file ${file}`);
        }
        await put(cache, MANIFESTS + manifest.name, canonicalJson(manifest), `the pipeline ${manifest.name}`);
        return keptFiles(cache, manifest);
      } finally {
        await sweep(cache);
      }
    });
  }

  /** Removes a pipeline, and the files that no other pipeline has. */
  async delete(name: string): Promise<void> {
    const cache = await this.#open();
    await navigator.locks.request(LOCK, async () => {
      await cache.delete(MANIFESTS + name);
      await sweep(cache);
    });
  }

  async #open(): Promise<Cache> {
    const caches = this.caches === undefined ? globalThis.caches : this.caches;
    // A page that was not opened over HTTPS or on localhost has none.
    if (!caches)
      throw new StoreUnavailableError(
        'Models of your own can be kept only where this page is opened over HTTPS or on localhost.',
      );
    return caches.open(CACHE).catch((cause) => {
      throw new StoreUnavailableError(
        'This window lets the page keep no files, as private windows may. Open the page in a usual window to add models of your own.',
        { cause },
      );
    });
  }
}

const keptFiles = (cache: Cache, manifest: Manifest): LoadedManifest =>
  withFiles(manifest, (file, sha256) =>
    readChecked(
      async () => {
        const kept = await cache.match(FILES + sha256);
        if (!kept) throw new RemovedFileError(file, manifest.name);
        return new Uint8Array(await kept.arrayBuffer());
      },
      file,
      sha256,
      `the kept pipeline ${manifest.name}`,
    ),
  );

async function put(cache: Cache, path: string, content: BodyInit, what: string): Promise<void> {
  await cache.put(path, new Response(content)).catch((cause) => {
    throw orFull(cause, what);
  });
}

/** Deletes files that no pipeline names. */
async function sweep(cache: Cache): Promise<void> {
  const all = await paths(cache);
  const named = new Set<string>();
  for (const path of all.filter((one) => one.startsWith(MANIFESTS))) {
    const manifest = await (await cache.match(path))!
      .json()
      .then((value) => parseManifest(value, path))
      .catch(() => null);
    // A manifest that cannot be read, e.g. of a newer version of the page, may name any of the files, so all files stay.
    if (!manifest) return;
    for (const { sha256 } of filesOf(manifest)) named.add(FILES + sha256);
  }
  for (const path of all) if (path.startsWith(FILES) && !named.has(path)) await cache.delete(path);
}

const paths = async (cache: Cache): Promise<string[]> =>
  (await cache.keys()).map(({ url }) => new URL(url).pathname);
