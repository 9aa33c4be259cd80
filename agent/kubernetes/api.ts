import type { ApplyOptions } from '../cluster/engine.ts';
import { type ApiRequest, type Connection, call, lines } from './connection.ts';
import { ApiError, apiError } from './errors.ts';
import type { KubernetesObject } from './objects/types.ts';

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of a kind, all or selected by labels and fields. */
export interface ListRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent: of all namespaces, or of a kind without namespaces. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Selector of fields in the API's form, e.g. `metadata.name=fashion-plan`. */
  readonly fields?: string;
}

interface ObjectList {
  readonly items: readonly KubernetesObject[];
  /** Version of the list, from which a watch can start. */
  readonly resourceVersion: string;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubernetesObject;
}

type PatchOptions = Pick<ApplyOptions, 'force' | 'dryRun'>;

/** The name of a kind in the API's URLs, e.g. `networkpolicies`. */
export const pluralOf = (kind: string): string => `${kind.toLowerCase().replace(/y$/, 'ie')}s`;

/** The agent's name as a field manager of server-side apply. */
export const FIELD_MANAGER = 'ipa-agent';
/** Seconds after which the API server ends a watch, so that the client must start the next one. */
const WATCH_S = 60;

const nameOf = ({ kind, metadata }: ObjectRef): string => `${kind} ${metadata.name}`;

/**
 * The agent's requests to a Kubernetes API server. All throw ApiError, its subclasses, ClusterUnreachableError, and
 * NoClusterError if the kubeconfig's credentials cannot be had.
 */
export class KubernetesApi {
  constructor(private readonly connection: Connection) {}

  get server(): string {
    return this.connection.server;
  }

  /**
   * Creates or changes an object by server-side apply.
   * @returns the object afterwards or, in a dry run, as it would be
   */
  apply(object: KubernetesObject, options?: PatchOptions): Promise<KubernetesObject> {
    return this.#patch(pathOf(object), object, nameOf(object), options);
  }

  /** Changes the status of an object whose kind has the status as a subresource. */
  async applyStatus(object: KubernetesObject): Promise<void> {
    await this.#patch(`${pathOf(object)}/status`, object, `the status of ${nameOf(object)}`, { force: true });
  }

  /** Reads an object; null if it does not exist. */
  async read(ref: ObjectRef): Promise<KubernetesObject | null> {
    try {
      return await this.#object({ method: 'GET', path: pathOf(ref), what: nameOf(ref) });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /** @throws ChangedMeanwhileError if the object exists */
  async create(object: KubernetesObject): Promise<KubernetesObject> {
    const { namespace = 'default' } = object.metadata;
    const path = withQuery(collectionOf(object.apiVersion, object.kind, namespace), {
      fieldManager: FIELD_MANAGER,
    });
    return this.#object({ method: 'POST', path, body: object, what: nameOf(object) });
  }

  /** @throws ChangedMeanwhileError if the object was changed since its resourceVersion */
  async replace(object: KubernetesObject): Promise<KubernetesObject> {
    const path = withQuery(pathOf(object), { fieldManager: FIELD_MANAGER });
    return this.#object({ method: 'PUT', path, body: object, what: nameOf(object) });
  }

  /** Removes an object, if it exists, and all objects that it owns. */
  async remove(ref: ObjectRef): Promise<void> {
    try {
      const path = withQuery(pathOf(ref), { propagationPolicy: 'Background' });
      await call(this.connection, { method: 'DELETE', path, what: nameOf(ref) });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async list(ref: ListRef): Promise<ObjectList> {
    const { apiVersion, kind, namespace } = ref;
    const text = await call(this.connection, {
      method: 'GET',
      path: withQuery(collectionOf(apiVersion, kind, namespace), selectors(ref)),
      what: `the list of ${kind}`,
    });
    const { metadata, items } = JSON.parse(text) as {
      metadata: { resourceVersion: string };
      items: KubernetesObject[];
    };
    // A list's items come without kind and version.
    return {
      items: items.map((item) => ({ ...item, apiVersion, kind })),
      resourceVersion: metadata.resourceVersion,
    };
  }

  /**
   * Reports changes that were made after a list, until the server ends the watch. The next watch can start from the version of
   * the last event.
   * @throws ExpiredError
   */
  async *watch(ref: ListRef, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const what = `the watch of ${ref.kind}`;
    const path = withQuery(collectionOf(ref.apiVersion, ref.kind, ref.namespace), {
      watch: 'true',
      resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_S),
      ...selectors(ref),
    });
    const silentMs = 1000 * (WATCH_S + 10);
    for await (const line of lines(this.connection, { method: 'GET', path, what, signal }, silentMs)) {
      const event = JSON.parse(line) as WatchEvent | { type: 'ERROR'; object: { code: number } };
      if (event.type === 'ERROR') throw apiError(event.object.code, JSON.stringify(event.object), what);
      yield event;
    }
  }

  /** Reads from a pod through the API server, because the pod may be unreachable from here. */
  podText(namespace: string, pod: string, port: number, path: string): Promise<string> {
    const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `${pod}:${port}`, namespace } };
    return call(this.connection, {
      ...{ method: 'GET', path: `${pathOf(ref)}/proxy${path}`, what: `the answer of Pod ${pod}` },
      ...{ lettersMax: POD_LETTERS_MAX, signal: AbortSignal.timeout(POD_MS) },
    });
  }

  /** Reads the log of a pod's container line by line, from the start until the container ends. */
  logs(namespace: string, pod: string, container: string, signal: AbortSignal): AsyncGenerator<string> {
    const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace } };
    // A cluster may add containers to a pod, as a service mesh does. Then the API server needs the container's name.
    const path = withQuery(`${pathOf(ref)}/log`, { container, follow: 'true' });
    return lines(
      this.connection,
      { method: 'GET', path, what: `the log of Pod ${pod}`, signal },
      LOG_SILENT_MS,
    );
  }

  #patch(
    path: string,
    body: KubernetesObject,
    what: string,
    { force = false, dryRun = false }: PatchOptions = {},
  ): Promise<KubernetesObject> {
    const query = { fieldManager: FIELD_MANAGER, force: String(force), ...(dryRun && { dryRun: 'All' }) };
    const contentType = 'application/apply-patch+yaml';
    return this.#object({ method: 'PATCH', path: withQuery(path, query), body, contentType, what });
  }

  async #object(request: ApiRequest): Promise<KubernetesObject> {
    return JSON.parse(await call(this.connection, request)) as KubernetesObject;
  }
}

/** The most characters of a pod's answer, and the time for it: a pod that sends slowly is never silent. */
const POD_LETTERS_MAX = 4 * 2 ** 20;
const POD_MS = 15_000;
/** Milliseconds of silence after which a log counts as cut off: long, because a profiler writes nothing while a model loads. */
export const LOG_SILENT_MS = 10 * 60_000;

/** The URL path of all objects of a kind. @param namespace absent: all namespaces */
function collectionOf(apiVersion: string, kind: string, namespace?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inside = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${inside}/${pluralOf(kind)}`;
}

const pathOf = ({ apiVersion, kind, metadata: { name, namespace = 'default' } }: ObjectRef): string =>
  `${collectionOf(apiVersion, kind, namespace)}/${encodeURIComponent(name)}`;

const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`;

function selectors({ labels, fields }: ListRef): Record<string, string> {
  return {
    ...(labels && {
      labelSelector: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }),
    ...(fields !== undefined && { fieldSelector: fields }),
  };
}
