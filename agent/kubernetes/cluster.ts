import { type Asked, ask, type Connection, lines } from './connection.ts';
import { ApiError, apiError } from './errors.ts';
import type { KubernetesObject } from './export/types.ts';

/** Names one object. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Names the objects of a kind in a namespace, all or those with certain labels. */
export interface ListRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The one object of that name. */
  readonly name?: string;
}

export interface ObjectList {
  readonly items: readonly KubernetesObject[];
  /** Where a watch goes on. */
  readonly resourceVersion: string;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubernetesObject;
}

export interface ApplyOptions {
  /** Takes over fields that others manage. */
  readonly force?: boolean;
  /** Only says what would be. */
  readonly dryRun?: boolean;
}

/** The kinds that are spoken of here, by the name of their collections. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  EndpointSlice: 'endpointslices',
  Event: 'events',
  Job: 'jobs',
  Lease: 'leases',
  NetworkPolicy: 'networkpolicies',
  Pod: 'pods',
  PodDisruptionBudget: 'poddisruptionbudgets',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
};

/** Who manages the fields that are applied here. */
export const FIELD_MANAGER = 'ipa-agent';
/** A watch ends after so long and is begun again; a server that is silent for longer is gone. */
const WATCH_S = 60;

const nameOf = ({ kind, metadata }: ObjectRef): string => `${kind} ${metadata.name}`;

/** The few things that are asked of a Kubernetes API server. Each throws ApiError and its kinds, and ClusterUnreachableError. */
export class Cluster {
  constructor(private readonly connection: Connection) {}

  /** Its URL. */
  get server(): string {
    return this.connection.server;
  }

  /** Server-side apply. */
  async apply(object: KubernetesObject, { force = false, dryRun = false }: ApplyOptions = {}) {
    const query = { fieldManager: FIELD_MANAGER, force: String(force), ...(dryRun && { dryRun: 'All' }) };
    return this.#object({
      method: 'PATCH',
      path: withQuery(pathOf(object), query),
      body: object,
      contentType: 'application/apply-patch+yaml',
      what: nameOf(object),
    });
  }

  /** Null: there is none. */
  async read(ref: ObjectRef): Promise<KubernetesObject | null> {
    try {
      return await this.#object({ method: 'GET', path: pathOf(ref), what: nameOf(ref) });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /** @throws ChangedMeanwhileError where there is one already */
  async create(object: KubernetesObject): Promise<KubernetesObject> {
    const path = withQuery(collectionOf(object.apiVersion, object.kind, object.metadata.namespace), {
      fieldManager: FIELD_MANAGER,
    });
    return this.#object({ method: 'POST', path, body: object, what: nameOf(object) });
  }

  /** @throws ChangedMeanwhileError where its resourceVersion is not the last */
  async replace(object: KubernetesObject): Promise<KubernetesObject> {
    const path = withQuery(pathOf(object), { fieldManager: FIELD_MANAGER });
    return this.#object({ method: 'PUT', path, body: object, what: nameOf(object) });
  }

  /** What belongs to it goes with it. One that there is not is as good as removed. */
  async remove(ref: ObjectRef): Promise<void> {
    try {
      const path = withQuery(pathOf(ref), { propagationPolicy: 'Background' });
      await ask(this.connection, { method: 'DELETE', path, what: nameOf(ref) });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  async list(ref: ListRef): Promise<ObjectList> {
    const { apiVersion, kind, namespace } = ref;
    const text = await ask(this.connection, {
      method: 'GET',
      path: withQuery(collectionOf(apiVersion, kind, namespace), selectors(ref)),
      what: `the list of ${kind}`,
    });
    const { metadata, items } = JSON.parse(text) as {
      metadata: { resourceVersion: string };
      items: KubernetesObject[];
    };
    // Items of a list do not say what they are.
    return {
      items: items.map((item) => ({ ...item, apiVersion, kind })),
      resourceVersion: metadata.resourceVersion,
    };
  }

  /** What happens to objects after a list. Ends now and then; go on from the last event. @throws ExpiredError */
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
      if (event.type === 'ERROR')
        throw apiError((event.object as { code: number }).code, JSON.stringify(event.object), what);
      yield event as WatchEvent;
    }
  }

  /** What a service answers, asked through the API server: reachable from wherever that is. */
  serviceText(namespace: string, service: string, path: string): Promise<string> {
    const proxy = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(service)}:http/proxy`;
    return ask(this.connection, { method: 'GET', path: `${proxy}${path}`, what: `Service ${service}` });
  }

  /** The lines that a pod's container writes, from its first on, until it ends. */
  logs(namespace: string, pod: string, signal: AbortSignal): AsyncGenerator<string> {
    const path = `${pathOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace } })}/log?follow=true`;
    return lines(
      this.connection,
      { method: 'GET', path, what: `the log of Pod ${pod}`, signal },
      LOG_SILENT_MS,
    );
  }

  async #object(asked: Asked): Promise<KubernetesObject> {
    return JSON.parse(await ask(this.connection, asked)) as KubernetesObject;
  }
}

/** What is profiled may be silent while a model loads. */
const LOG_SILENT_MS = 10 * 60_000;

function collectionOf(apiVersion: string, kind: string, namespace = 'default'): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${COLLECTIONS[kind]}`;
}

const pathOf = ({ apiVersion, kind, metadata }: ObjectRef): string =>
  `${collectionOf(apiVersion, kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;

const withQuery = (path: string, query: Readonly<Record<string, string>>): string =>
  Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`;

function selectors({ labels, name }: ListRef): Record<string, string> {
  return {
    ...(labels && {
      labelSelector: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    }),
    ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
  };
}
