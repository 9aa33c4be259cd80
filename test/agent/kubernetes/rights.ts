export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const VERBS: Record<string, string> = {
  GET: 'get',
  PATCH: 'patch',
  PUT: 'update',
  POST: 'create',
  DELETE: 'delete',
};

/** Returns the right that Kubernetes requires for a request in the namespace of the tests. */
export function rightOf(method: string, url: string) {
  const [, group = '', resource, name, sub] =
    /^\/api(?:s\/([^/]+))?\/[^/]+\/namespaces\/shop\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/.exec(url) ?? [];
  if (resource === undefined)
    throw new Error(`${method} ${url} is not of the namespace, and a Role gives no right to it.`);
  const listed = url.includes('watch=true') ? 'watch' : 'list';
  const verb = method === 'GET' && name === undefined ? listed : VERBS[method]!;
  // A list of the object of one name needs the right on that name only.
  const one = /[?&]fieldSelector=metadata\.name%3D([^&]+)/.exec(url)?.[1];
  return { group, resource: sub ? `${resource}/${sub}` : resource!, name: name ?? one, verb };
}

export const allows = (rule: Rule, { group, resource, name, verb }: ReturnType<typeof rightOf>): boolean =>
  rule.apiGroups.includes(group) &&
  rule.resources.includes(resource) &&
  rule.verbs.includes(verb) &&
  (rule.resourceNames === undefined || rule.resourceNames.includes(name ?? ''));
