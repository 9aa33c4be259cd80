import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import { CustomKind } from './custom-kind.ts';
import { controlEndpoints } from './endpoints.ts';
import type { JsonObject } from './fields.ts';
import {
  groupVersion,
  KINDS,
  keyOf,
  kindPath,
  namespaceOf,
  pluralName,
  type Target,
  targetOf,
} from './paths.ts';
import { evict } from './pods.ts';
import { objectsIn, selects } from './selection.ts';
import { type Change, ObjectStore, StatusError, type StoredObject } from './store.ts';

/** A request that the stand-in has answered, for tests to check. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/** How the answer to a request for a log breaks off before the log's end. */
interface LogEnd {
  /** Number of characters that are sent. */
  readonly length: number;
  /** Whether the connection is cut, instead of a clean end. */
  readonly isCut?: boolean;
}

/** The key and certificates, as PEM, with which the stand-in speaks TLS. It also accepts clients with a certificate of `ca`. */
interface Tls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/**
 * A stand-in for a Kubernetes API server, on loopback: server-side apply, lists, watches, evictions, the proxy to pods. Its only
 * controller is that of EndpointSlices.
 */
export class StandIn {
  readonly store = new ObjectStore();
  readonly seen: Seen[] = [];
  /** The URLs at which the proxy finds the pods, by the pods' names. */
  readonly pods = new Map<string, string>();
  /** The logs of pods, by the pods' names. */
  readonly logs = new Map<string, string>();
  /** How the next answers to requests for logs break off, in this order; all later answers are whole. */
  readonly logEnds: LogEnd[] = [];
  readonly #definitions = new Map<string, CustomKind>();
  readonly #token = randomBytes(12).toString('hex');
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly tls: Tls | undefined) {}

  static async start(tls?: Tls): Promise<StandIn> {
    const standIn = new StandIn(tls);
    controlEndpoints(standIn.store);
    await standIn.up();
    return standIn;
  }

  /** Starts to listen, on the same port as before. */
  async up(): Promise<void> {
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response);
    const server = this.tls
      ? createTlsServer({ ...this.tls, requestCert: true, rejectUnauthorized: false }, answer)
      : createServer(answer);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts every connection, and accepts no new ones. */
  async down(): Promise<void> {
    const server = this.#server!;
    const closed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }

  /** Serves the kind of a CRD from now on. Until then, the server does not know the kind. */
  define(crd: KubernetesObject): void {
    const custom = new CustomKind(crd);
    this.#definitions.set(custom.path, custom);
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get url(): string {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get kubeconfig(): string {
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'stand-in', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'agent', user: { token: this.#token } }],
      contexts: [{ name: 'stand-in', context: { cluster: 'stand-in', user: 'agent' } }],
      'current-context': 'stand-in',
    });
  }

  get authorization(): string {
    return `Bearer ${this.#token}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const send = (code: number, body: unknown) => {
      this.seen.push({ method, url, status: code });
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    try {
      const { authorized } = request.socket as Partial<TLSSocket>;
      if (!authorized && request.headers.authorization !== this.authorization)
        throw new StatusError(401, 'Unauthorized', 'Unauthorized');
      const { pathname, searchParams: query } = new URL(url, this.url);
      const target = targetOf(pathname);
      const body = await bodyOf(request);
      if (target.rest.startsWith('proxy/')) return await this.#proxy(target, response);
      if (target.rest === 'log') {
        this.#checkContainer(target, query);
        const log = this.logs.get(target.name!) ?? '';
        const { length = log.length, isCut = false } = this.logEnds.shift() ?? {};
        response.writeHead(200, { 'content-type': 'text/plain' });
        if (isCut) response.write(log.slice(0, length), () => response.destroy());
        else response.end(log.slice(0, length));
        return;
      }
      if (method === 'GET' && query.get('watch') === 'true')
        return this.#watch(target, query, response, request);
      const [code, answer] = this.#handle(method, target, query, body, request);
      send(code, answer);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      send(error.code, error.status);
    }
  }

  #handle(
    method: string,
    { collection, name, rest }: Target,
    query: URLSearchParams,
    body: StoredObject | undefined,
    request: IncomingMessage,
  ): [number, unknown] {
    const custom = this.#definitions.get(kindPath(collection));
    if (/\.(dev|com)\//.test(collection) && !custom)
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
    const key = `${collection}/${name}`;
    const manager = query.get('fieldManager') ?? 'unknown';
    const plural = collection.split('/').at(-1)!;
    if (method === 'POST' && rest === 'eviction')
      return [201, evict(this.store, namespaceOf(collection), name!)];
    if (body && method !== 'DELETE') {
      body.metadata.namespace ??= namespaceOf(collection);
      if (body.kind !== KINDS[plural])
        throw new StatusError(400, 'BadRequest', `the object is a ${body.kind}`);
    }
    if (method === 'GET' && name !== undefined) {
      const object = this.store.get(key);
      if (!object)
        throw new StatusError(404, 'NotFound', `${pluralName(collection)} "${name}" not found`, {
          name,
          kind: plural,
        });
      return [200, object];
    }
    if (method === 'GET') {
      const items = objectsIn(this.store, collection).filter((object) => selects(query, object));
      const [group, version] = groupVersion(collection);
      return [
        200,
        {
          kind: `${KINDS[plural]}List`,
          apiVersion: group === '' ? version : `${group}/${version}`,
          metadata: { resourceVersion: String(this.store.version) },
          items: items.map(({ kind: _k, apiVersion: _v, ...item }) => item),
        },
      ];
    }
    if (body && custom) custom.check(body);
    if (body?.kind === 'RoleBinding') this.#checkRole(collection, body);
    if (method === 'PATCH' && custom && rest === 'status') {
      this.store.setStatus(key, body!.status as JsonObject);
      return [200, this.store.get(key)];
    }
    // If a kind has its status as a subresource, only requests to that subresource change the status.
    if (body && custom) delete body.status;
    if (method === 'PATCH') {
      if (request.headers['content-type'] !== 'application/apply-patch+yaml')
        throw new StatusError(415, 'UnsupportedMediaType', 'only server-side apply is known here');
      const force = query.get('force') === 'true';
      const { object, created } = this.store.apply(key, body!, manager, force, query.get('dryRun') === 'All');
      return [created ? 201 : 200, object];
    }
    if (method === 'POST')
      return [201, this.store.create(`${collection}/${body!.metadata.name}`, body!, manager)];
    if (method === 'PUT') return [200, this.store.replace(key, body!, manager)];
    if (method === 'DELETE') {
      const object = this.store.remove(key);
      // For a deleted pod or Service the API server answers with the object, and for other kinds with a status.
      if (plural === 'pods' || plural === 'services') return [200, object];
      const details = {
        name: name!,
        group: groupVersion(collection)[0],
        kind: plural,
        uid: object.metadata.uid!,
      };
      return [200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }];
    }
    throw new StatusError(405, 'MethodNotAllowed', `${method} is not known here`);
  }

  #watch(target: Target, query: URLSearchParams, response: ServerResponse, request: IncomingMessage): void {
    this.seen.push({ method: 'GET', url: request.url!, status: 200 });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const write = (type: string, object: JsonObject) =>
      response.write(`${JSON.stringify({ type, object })}\n`);
    const tell = ({ type, object }: Change) => {
      if (keyOf(object) === target.collection && selects(query, object)) write(type, object);
    };
    try {
      for (const change of this.store.since(Number(query.get('resourceVersion') ?? 0))) tell(change);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      write('ERROR', error.status);
      response.end();
      return;
    }
    this.store.watchers.add(tell);
    response.on('close', () => this.store.watchers.delete(tell));
  }

  /**
   * Refuses a RoleBinding whose Role does not exist, as the API server does for accounts without the right to grant any rights: it
   * compares the account's rights with those of the Role.
   * @throws StatusError
   */
  #checkRole(collection: string, { metadata, roleRef }: StoredObject): void {
    const { name } = roleRef as { name: string };
    if (this.store.get(`${collection.replace(/rolebindings$/, 'roles')}/${name}`)) return;
    const { name: binding } = metadata;
    throw new StatusError(404, 'NotFound', `${pluralName(collection)} "${binding}" not found`, {
      name: binding,
      kind: 'rolebindings',
    });
  }

  /** Refuses a request for the log of a pod with several containers that does not name one of them. @throws StatusError */
  #checkContainer({ collection, name }: Target, query: URLSearchParams): void {
    const spec = this.store.get(`${collection}/${name}`)?.spec as
      | { containers?: { name: string }[] }
      | undefined;
    const names = (spec?.containers ?? []).map((container) => container.name);
    const asked = query.get('container');
    if (asked === null ? names.length <= 1 : names.includes(asked)) return;
    const text =
      asked === null
        ? `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`
        : `container ${asked} is not valid for pod ${name}`;
    throw new StatusError(400, 'BadRequest', text);
  }

  async #proxy({ name, rest }: Target, response: ServerResponse): Promise<void> {
    const pod = this.pods.get(name!.split(':')[0]!);
    const answer = pod ? await fetch(`${pod}/${rest.slice('proxy/'.length)}`).catch(() => null) : null;
    if (!answer) throw new StatusError(503, 'ServiceUnavailable', `error trying to reach pod "${name}"`);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}

async function bodyOf(request: IncomingMessage): Promise<StoredObject | undefined> {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as StoredObject;
  } catch {
    throw new StatusError(400, 'BadRequest', 'the body is not JSON');
  }
}
