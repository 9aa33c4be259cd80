import { KubernetesApi } from './api.ts';
import type { Authorise, Connection } from './connection.ts';
import { KubernetesClientMissingError, NoClusterError } from './errors.ts';

/** The context that the package makes up where it finds no kubeconfig. */
const MADE_UP = 'loaded-context';

export interface KubeconfigOptions {
  /** A file. Absent: that of KUBECONFIG, then ~/.kube/config, then the pod's own account. */
  readonly kubeconfig?: string | undefined;
  /** Absent: the current one. */
  readonly context?: string | undefined;
}

/**
 * The way to the API server of a kubeconfig, with certificates, tokens or plug-ins to authenticate. The optional package is
 * loaded when this is called, and only reads the kubeconfig: its requests have no time-outs and its watch hides that it has
 * expired, so requests are made here ({@link Connection}).
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
    throw new NoClusterError(`the kubeconfig cannot be read (${(cause as Error).message})`, { cause });
  }
  if (config.getCurrentContext() === MADE_UP)
    throw new NoClusterError("no kubeconfig was found, nor a pod's own account");
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new NoClusterError(
      `the kubeconfig has no context ${config.getCurrentContext() || 'that is current'}`,
    );
  const authorise: Authorise = async (options) => {
    await config.applyToHTTPSOptions(options).catch((cause) => {
      throw new NoClusterError((cause as Error).message, { cause });
    });
    return options;
  };
  return { server: cluster.server.replace(/\/$/, ''), authorise };
}

/** @throws KubernetesClientMissingError, NoClusterError */
export const openApi = async (options: KubeconfigOptions): Promise<KubernetesApi> =>
  new KubernetesApi(await connectionOf(options));
