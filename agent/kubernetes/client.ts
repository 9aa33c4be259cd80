import { Cluster } from './cluster.ts';
import type { Authorise, Connection } from './connection.ts';
import { KubernetesClientMissingError, NoClusterError } from './errors.ts';

/** The context that the package makes up where it finds nothing. */
const MADE_UP = 'loaded-context';

/** Where a kubeconfig is and which of its contexts is meant. */
export interface KubeconfigOptions {
  /** Absent: KUBECONFIG, then ~/.kube/config, then the pod's own account. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * How to reach the cluster of a kubeconfig, with whatever authenticates there: certificates, tokens, plug-ins that are
 * run. The package is loaded here alone, and not before it is needed. Requests are ours ({@link Connection}): its own
 * have no time-outs, and its watch does not tell that it has expired.
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
    throw new NoClusterError((cause as Error).message, { cause });
  }
  if (config.getCurrentContext() === MADE_UP)
    throw new NoClusterError("there is no kubeconfig, nor a pod's own account");
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new NoClusterError(`there is no context ${config.getCurrentContext() || 'that is current'}`);
  const authorise: Authorise = async (options) => {
    await config.applyToHTTPSOptions(options).catch((cause) => {
      throw new NoClusterError((cause as Error).message, { cause });
    });
    return options;
  };
  return { server: cluster.server.replace(/\/$/, ''), authorise };
}

/** @throws KubernetesClientMissingError, NoClusterError */
export const openCluster = async (options: KubeconfigOptions): Promise<Cluster> =>
  new Cluster(await connectionOf(options));
