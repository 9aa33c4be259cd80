import { sha256Hex } from '../../models/manifests/load.ts';
import type { KnownFile, PartialFile } from '../hub/resume.ts';
import { orFull } from './store.ts';

/** Path prefix of the cache's keys, `<sha256>/<first byte>`. Nothing is ever fetched from there. */
export const FOLDER = '/ipa-edge-downloads/';

/** A part is stored once it has this many bytes, so a page that is closed loses less than that. */
const PART_BYTES = 4 * 2 ** 20;

/** A file's parts in the cache, and the later chunks, which are not stored yet. */
export class PartInCache implements PartialFile {
  bytes = 0;
  /** Number of the file's bytes in the cache. */
  #kept = 0;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  /** The whole content as last read, kept to avoid another read; undefined if it has changed since. */
  #content: Promise<Uint8Array<ArrayBuffer>> | undefined;

  private constructor(
    private readonly cache: Cache,
    private readonly file: KnownFile,
  ) {}

  static async open(cache: Cache, file: KnownFile): Promise<PartInCache> {
    const part = new PartInCache(cache, file);
    part.bytes = part.#kept = (await partsOf(cache, file)).at(-1)?.end ?? 0;
    return part;
  }

  async append(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#content = undefined;
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes - this.#kept >= PART_BYTES) await this.keep();
  }

  async empty(): Promise<void> {
    for (const { key } of await partsOf(this.cache, this.file)) await this.cache.delete(key);
    this.#content = undefined;
    this.#chunks = [];
    this.bytes = this.#kept = 0;
  }

  async sha256(): Promise<string> {
    return sha256Hex(await this.content());
  }

  content(): Promise<Uint8Array<ArrayBuffer>> {
    this.#content ??= this.#read();
    return this.#content;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer>> {
    await this.keep();
    const parts = await partsOf(this.cache, this.file);
    const kept = await Promise.all(
      parts.map(async ({ key }) => (await this.cache.match(key))!.arrayBuffer()),
    );
    return new Uint8Array(await new Blob(kept).arrayBuffer());
  }

  /** Puts the chunks into the cache. @throws StoreFullError */
  async keep(): Promise<void> {
    if (this.#chunks.length === 0) return;
    const [start, content] = [this.#kept, new Blob(this.#chunks)];
    this.#chunks = [];
    this.#kept = this.bytes;
    const headers = { 'x-bytes': String(content.size), date: new Date().toUTCString() };
    const key = `${FOLDER}${this.file.sha256}/${start}`;
    await this.cache.put(key, new Response(content, { headers })).catch((cause) => {
      throw orFull(cause, this.file.url);
    });
  }
}

/** The parts of a file from its start, without a gap. */
async function partsOf(cache: Cache, { sha256 }: KnownFile): Promise<{ key: Request; end: number }[]> {
  const own = `${FOLDER}${sha256}/`;
  const byStart = new Map(
    (await cache.keys()).flatMap((key) => {
      const { pathname } = new URL(key.url);
      return pathname.startsWith(own) ? [[Number(pathname.slice(own.length)), key] as const] : [];
    }),
  );
  const parts: { key: Request; end: number }[] = [];
  for (let end = 0, key = byStart.get(0); key; key = byStart.get(end)) {
    const bytes = Number((await cache.match(key))?.headers.get('x-bytes'));
    if (!(bytes > 0)) break;
    end += bytes;
    parts.push({ key, end });
  }
  return parts;
}
