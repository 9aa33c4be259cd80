import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../workers/command/root.ts';

const MINIS = join(ROOT, 'models/minis');

/** Returns the contents of the files in a folder, by their paths relative to the folder. */
const filesIn = (from: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    readdirSync(from, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(from, path)).isFile())
      .map((path) => [path.replaceAll('\\', '/'), new Uint8Array(readFileSync(join(from, path)))]),
  );

/** Handles a request before the hub does. Returns true if the hub shall not answer the request. */
type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface SeenRequest {
  /** The host that got the request: the hub itself, or the second host, which keeps its large files. */
  readonly host: 'hub' | 'files';
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * A hub on loopback that answers as the Hugging Face hub does: the API, `resolve` addresses, and a second host, to which
 * `resolve` redirects requests for large files.
 */
export class LocalHub {
  readonly requests: SeenRequest[] = [];
  /** How many bytes of large files the hub has sent. */
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

  /** Returns the environment variables that make a command use this hub. */
  env(cache: string): Record<string, string> {
    return { HF_ENDPOINT: this.url, HF_TOKEN: 'token-of-the-test', XDG_CACHE_HOME: cache };
  }

  /**
   * Adds a repository to the hub.
   * @param files by path: bytes, or a value that becomes JSON; models are large files
   * @param about further fields of the API's answer
   */
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

  /** Publishes each folder of `models/minis/`, a small trained model in the layout of a hub's repository, as `minis/<folder>`. */
  publishMinis(): void {
    for (const name of readdirSync(MINIS).filter((one) => statSync(join(MINIS, one)).isDirectory()))
      this.publish(`minis/${name}`, filesIn(join(MINIS, name)), { cardData: { license: 'mit' } });
  }

  /** Gives requests whose address holds `part` to `fault`; the hub answers those for which `fault` returns false. */
  spoil(part: string, fault: Fault): void {
    this.#faults.push({ part, fault });
  }

  /** Answers the next requests whose address holds `part` with `statuses`, one status for each request. */
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
    // A browser sends OPTIONS before it sends a token to another origin.
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
