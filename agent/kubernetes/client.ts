import { fileProblem } from '../../models/manifests/file-problem.ts';
import type { Authorise, Connection } from './connection.ts';
import { KubernetesClientMissingError, NoClusterError } from './errors.ts';

/** Name of the context that `@kubernetes/client-node` invents if it finds no kubeconfig. */
const MADE_UP = 'loaded-context';

export interface KubeconfigOptions {
  /** Path of the kubeconfig. Default: that of KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Name of a context in the kubeconfig. Default: the current one. */
  readonly context?: string | undefined;
}

/**
 * Reads from the kubeconfig how to reach the API server and to authenticate. Only this function uses the optional package
 * `@kubernetes/client-node`, which it loads when called. The agent sends its requests itself (`connection.ts`), because the
 * package's requests have no timeouts, and its watch hides that it has expired.
 * @throws KubernetesClientMissingError, NoClusterError
 */
export async function connectionOf({ kubeconfig, context }: KubeconfigOptions): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node').catch((cause) => {
    throw new KubernetesClientMissingError(cause);
  });
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (cause) {
    const which = kubeconfig === undefined ? 'the kubeconfig' : `the kubeconfig ${kubeconfig}`;
    throw new NoClusterError(`${which} cannot be read (${fileProblem(cause)})`, { cause });
  }
  if (config.getCurrentContext() === MADE_UP)
    throw new NoClusterError("no kubeconfig was found, nor a pod's own account");
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new NoClusterError(
      `the kubeconfig has no context ${config.getCurrentContext() || 'that is current'}`,
    );
  // The package refuses a server without TLS, such as `kubectl proxy`. The agent sends such a server no credentials, because
  // others could read them, unless `insecure-skip-tls-verify` says that the kubeconfig's author accepts this risk.
  const withoutTls = cluster.server.startsWith('http:') && !cluster.skipTLSVerify;
  const authorise: Authorise = async (options) => {
    if (withoutTls) return options;
    await config.applyToHTTPSOptions(options).catch((cause) => {
      throw new NoClusterError((cause as Error).message, { cause });
    });
    return options;
  };
  const { namespace } = config.getContextObject(config.getCurrentContext()) ?? {};
  return { server: cluster.server.replace(/\/$/, ''), authorise, namespace };
}
