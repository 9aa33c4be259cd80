import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig as Config } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { unreadableText } from '../../models/manifests/file-problem.ts';
import type { Authorise, Connection } from './connection.ts';
import { KubernetesClientMissingError, NoClusterError } from './errors.ts';

/** Name of the context that `@kubernetes/client-node` invents if it finds no kubeconfig. */
const MADE_UP = 'loaded-context';

interface KubeconfigOptions {
  /** Path of the kubeconfig. Default: those of KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Name of a context in the kubeconfig. Default: the current one. */
  readonly context?: string | undefined;
}

/**
 * Reads from the kubeconfig how to reach the API server and to authenticate. Only this function uses the optional package
 * `@kubernetes/client-node`, which it loads when called. The agent sends its requests itself (`connection.ts`), because the
 * package's requests have no timeouts, and the package hides that a watch has expired.
 * @throws KubernetesClientMissingError, NoClusterError
 */
export async function connectionOf({ kubeconfig, context }: KubeconfigOptions): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node').catch((cause) => {
    throw new KubernetesClientMissingError(cause);
  });
  const config = new KubeConfig();
  try {
    const paths = kubeconfig === undefined ? defaultPaths() : [kubeconfig];
    if (paths.length === 0) config.loadFromDefault();
    else config.loadFromOptions(merged(paths.map((path) => partOf(new KubeConfig(), path))));
    if (context !== undefined) config.setCurrentContext(context);
  } catch (cause) {
    const which = kubeconfig === undefined ? 'the kubeconfig' : `the kubeconfig ${kubeconfig}`;
    throw new NoClusterError(unreadableText(which, cause), { cause });
  }
  if (config.getCurrentContext() === MADE_UP)
    throw new NoClusterError("no kubeconfig was found, nor a pod's own account");
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new NoClusterError(
      `the kubeconfig has no context ${config.getCurrentContext() ? `${config.getCurrentContext()} with a server` : 'that is current'}`,
    );
  if (!/^https?:\/\//.test(cluster.server))
    throw new NoClusterError(
      `the kubeconfig's cluster ${cluster.name} has the server ${cluster.server}, which does not begin with https:// or http://`,
    );
  // The package refuses a server without TLS, such as `kubectl proxy`. The agent sends such a server no credentials, because
  // others could read them, unless `insecure-skip-tls-verify` says that the kubeconfig's author accepts this risk.
  const withoutTls = cluster.server.startsWith('http:') && !cluster.skipTLSVerify;
  const authorise: Authorise = async (options) => {
    if (withoutTls) return options;
    await config.applyToHTTPSOptions(options).catch((cause) => {
      throw new NoClusterError((cause as Error).message || 'the credential plug-in failed', { cause });
    });
    // A file with a token often ends in a line break, which no header can have.
    const headers = options.headers as Record<string, string>;
    if (headers.Authorization !== undefined) headers.Authorization = headers.Authorization.trim();
    const { groups } = (config.getCurrentUser() ?? {}) as AsUser;
    return groups ? { ...options, headers: { ...headers, 'Impersonate-Group': [...groups] } } : options;
  };
  const { namespace } = config.getContextObject(config.getCurrentContext()) ?? {};
  return { server: cluster.server.replace(/\/$/, ''), authorise, namespace };
}

/** The kubeconfigs that kubectl reads by default; none in a pod that has no kubeconfig. */
function defaultPaths(): string[] {
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  // Of several files kubectl passes over those that do not exist.
  const there = named.filter(existsSync);
  if (named.length > 0) return there.length > 0 ? there : named;
  return [join(homedir(), '.kube', 'config')].filter(existsSync);
}

type Part = Pick<Config, 'clusters' | 'users' | 'contexts' | 'currentContext'>;

/** Joins kubeconfigs as kubectl does: the first one counts where several have the same name or a current context. */
const merged = (parts: readonly Part[]): Part => ({
  // Of several entries with the same name, the package takes the first one.
  clusters: parts.flatMap(({ clusters }) => clusters),
  users: parts.flatMap(({ users }) => users),
  contexts: parts.flatMap(({ contexts }) => contexts),
  currentContext: parts.map(({ currentContext }) => currentContext).find(Boolean) ?? '',
});

interface RawUsers {
  readonly users?:
    | readonly {
        readonly name: string;
        readonly user?: { readonly tokenFile?: string; readonly 'as-groups'?: readonly string[] } | null;
      }[]
    | null;
}

/** The user of a kubeconfig, with the groups that it impersonates. */
interface AsUser {
  readonly groups?: readonly string[] | undefined;
}

/**
 * Reads a kubeconfig. The package knows no `tokenFile` and no `as-groups` of a user, and takes the path of a credential plug-in as
 * one in the working directory, and not beside the kubeconfig. Incomplete entries are passed over, as kubectl does unless it needs
 * them.
 */
function partOf(config: Config, path: string): Part {
  const content = parse(readFileSync(path, 'utf8')) as RawUsers | null;
  // The package cannot load an empty kubeconfig, which kubectl passes over.
  if (content === null) return { clusters: [], users: [], contexts: [], currentContext: '' };
  config.loadFromFile(path, { onInvalidEntry: 'filter' });
  const folder = dirname(path);
  const { users: raw } = content;
  const users = config.users.map((user) => {
    const { tokenFile, 'as-groups': groups } = raw?.find(({ name }) => name === user.name)?.user ?? {};
    const { exec } = user;
    return {
      ...{ ...user, groups },
      ...(tokenFile !== undefined && {
        token: undefined,
        authProvider: { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } },
      }),
      ...(exec?.command &&
        exec.command !== basename(exec.command) && {
          exec: { ...exec, command: resolve(folder, exec.command) },
        }),
    };
  });
  const { clusters, contexts, currentContext } = config;
  return { clusters, users, contexts, currentContext };
}
