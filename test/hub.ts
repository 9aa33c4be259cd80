import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../workers/command/root.ts';

const MINIS = join(ROOT, 'models/minis');

/** The files of a folder by their paths in it. */
const filesIn = (from: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    readdirSync(from, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(from, path)).isFile())
      .map((path) => [path.replaceAll('\\', '/'), new Uint8Array(readFileSync(join(from, path)))]),
  );

/** What a test's hub does to requests of one address, before it answers them as it should. */
type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface SeenRequest {
  /** The host that was asked: the hub, or the one that keeps its large files. */
  readonly host: 'hub' | 'files';
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * A hub on loopback, in the layout of the Hugging Face hub: the API, `resolve` addresses, and a second host for large files, where
 * `resolve` leads by a redirect.
 */
export class LocalHub {
  readonly requests: SeenRequest[] = [];
  /** Bytes of large files that were sent. */
  sentBytes = 0;
  readonly #repositories = new Map<string, { files: Map<string, Uint8Array>; about: object }>();
  readonly #faults: { part: string; fault: Fault }[] = [];
  readonly #hub: Server;
  readonly #files: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer('hub', request, response));
    this.#files = createServer((request, response) => this.#answer('files', request, response));
  }

  static async start(): Promise<LocalHub> {
    const hub = new LocalHub();
    for (const server of [hub.#hub, hub.#files])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get url(): string {
    return urlOf(this.#hub);
  }

  /** The environment of a command that is to use this hub. */
  env(cache: string): Record<string, string> {
    return { HF_ENDPOINT: this.url, HF_TOKEN: 'token-of-the-test', XDG_CACHE_HOME: cache };
  }

  /** @param files by path: bytes, or a value that becomes JSON; models are large files @param about further fields of the API's answer */
  publish(id: string, files: Record<string, Uint8Array | object>, about: object = {}): void {
    const bytes = Object.entries(files).map(
      ([path, content]) =>
        [
          path,
          content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content)),
        ] as const,
    );
    this.#repositories.set(id, { files: new Map(bytes), about });
  }

  /** Publishes the small trained models in the hub's layout that come with ipa-edge, as `minis/<folder>`. */
  publishMinis(): void {
    for (const name of readdirSync(MINIS).filter((one) => statSync(join(MINIS, one)).isDirectory()))
      this.publish(`minis/${name}`, filesIn(join(MINIS, name)), { cardData: { license: 'mit' } });
  }

  /** Spoils requests whose address holds `part`, as long as `fault` returns true. */
  spoil(part: string, fault: Fault): void {
    this.#faults.push({ part, fault });
  }

  /** Answers the next requests, as many as `statuses`, with them. */
  answerWith(part: string, statuses: number[], headers: Record<string, string> = {}): void {
    this.spoil(part, (_, response) => {
      const status = statuses.shift();
      if (status === undefined) return false;
      response.writeHead(status, headers).end('no');
      return true;
    });
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#files]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #answer(host: 'hub' | 'files', request: IncomingMessage, response: ServerResponse): void {
    const { url = '', headers } = request;
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, range');
    // A browser asks before it sends a token.
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    this.requests.push({ host, url, range: headers.range, authorization: headers.authorization });
    if (this.#faults.some(({ part, fault }) => url.includes(part) && fault(request, response))) return;
    if (host === 'files') this.#sendLarge(request, response);
    else this.#answerHub(url, response);
  }

  #answerHub(url: string, response: ServerResponse): void {
    const [, api] = /^\/api\/models\/(.+)\/revision\/[^/?]+\?blobs=true$/.exec(url) ?? [];
    const [, id, revision, path] = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(url) ?? [];
    const bytes = this.#repositories.get(id!)?.files.get(path!);
    if (api) this.#describe(api, response);
    else if (!bytes || ![COMMIT, 'main'].includes(revision!)) response.writeHead(404).end('Entry not found');
    else if (isLarge(path!))
      response
        .writeHead(302, { location: `${urlOf(this.#files)}/${id}/${path}?signature=of-the-test` })
        .end();
    else response.end(bytes);
  }

  #describe(id: string, response: ServerResponse): void {
    const repository = this.#repositories.get(id);
    if (!repository) return void response.writeHead(404).end('Repository not found');
    const siblings = [...repository.files].map(([path, bytes]) => ({
      rfilename: path,
      blobId: 'f'.repeat(40),
      size: bytes.length,
      ...(isLarge(path) && { lfs: { sha256: sumOf(bytes), size: bytes.length, pointerSize: 130 } }),
    }));
    response.end(
      JSON.stringify({
        id,
        modelId: id,
        sha: COMMIT,
        private: false,
        gated: false,
        siblings,
        ...repository.about,
      }),
    );
  }

  #sendLarge({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const [, id, path] = /^\/(.+?)\/(onnx\/[^?]+)\?/.exec(url) ?? [];
    const bytes = this.#repositories.get(id!)?.files.get(path!);
    if (!bytes) return void response.writeHead(404).end();
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    if (from >= bytes.length) return void response.writeHead(416).end();
    const part = bytes.subarray(from);
    this.sentBytes += part.length;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(part);
  }
}

const isLarge = (path: string): boolean => /\.onnx(_data)?$/.test(path) && !path.endsWith('_int8.onnx');
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
