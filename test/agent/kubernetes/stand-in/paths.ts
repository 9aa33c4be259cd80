import { StatusError, type StoredObject } from './store.ts';

/** The parts of an API path: a collection, the name of an object if the path names one, and the rest. */
export interface Target {
  readonly collection: string;
  readonly name: string | undefined;
  readonly rest: string;
}

export const KINDS: Record<string, string> = {
  configmaps: 'ConfigMap',
  deployments: 'Deployment',
  endpointslices: 'EndpointSlice',
  events: 'Event',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  inferencepipelines: 'InferencePipeline',
  jobs: 'Job',
  leases: 'Lease',
  networkpolicies: 'NetworkPolicy',
  nodes: 'Node',
  pods: 'Pod',
  poddisruptionbudgets: 'PodDisruptionBudget',
  podmonitors: 'PodMonitor',
  roles: 'Role',
  rolebindings: 'RoleBinding',
  secrets: 'Secret',
  services: 'Service',
  serviceaccounts: 'ServiceAccount',
};

/** A collection's path without its namespace: group, version and plural. */
export const kindPath = (collection: string): string => collection.replace(/\/namespaces\/[^/]+/, '');

/** Splits a path such as `/apis/apps/v1/namespaces/default/deployments/x/rest` or `/api/v1/nodes/x` into its parts. */
export function targetOf(pathname: string): Target {
  const match =
    /^\/(api\/v1|apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+)(?:\/(.*))?)?$/.exec(pathname);
  if (!match || KINDS[match[3]!] === undefined)
    throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
  const [, root, namespace = '', plural, name, rest = ''] = match;
  return {
    collection: `${root}${namespace}/${plural}`,
    name: name === undefined ? undefined : decodeURIComponent(name),
    rest,
  };
}

export const namespaceOf = (collection: string): string => collection.split('/').at(-2)!;

export function groupVersion(collection: string): [string, string] {
  const parts = collection.split('/');
  return parts[0] === 'api' ? ['', parts[1]!] : [parts[1]!, parts[2]!];
}

export const pluralName = (collection: string): string => {
  const [group] = groupVersion(collection);
  const plural = collection.split('/').at(-1)!;
  return group === '' ? plural : `${plural}.${group}`;
};

/** The path of the collection that an object is in. */
export function keyOf({ apiVersion, kind, metadata }: StoredObject): string {
  const plural = Object.entries(KINDS).find(([, name]) => name === kind)![0];
  return `${apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`}/namespaces/${metadata.namespace}/${plural}`;
}
