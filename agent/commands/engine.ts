import type { Command } from 'commander';
import type { Engine } from '../cluster/engine.ts';
import { KubernetesApi } from '../kubernetes/api.ts';
import { connectionOf } from '../kubernetes/client.ts';
import { KubernetesEngine, type KubernetesOptions } from '../kubernetes/engine.ts';
import { namespace } from './pod-options.ts';

/** The names that `--target` accepts. */
export const ENGINES = ['kubernetes'] as const;

/** Adds the options of commands that connect to an engine. */
export const addEngineOptions = (command: Command): Command =>
  command
    .option(
      '--namespace <name>',
      "the namespace of the pipeline (default: the context's, then default)",
      namespace,
    )
    .option(
      '--kubeconfig <file>',
      "the kubeconfig (default: KUBECONFIG, then ~/.kube/config, then the pod's own account)",
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)');

export interface EngineFlags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A connection to the API server, and the namespace of the pipeline. @throws KubernetesClientMissingError, NoClusterError */
export async function openApi(flags: EngineFlags) {
  const connection = await connectionOf(flags);
  const { namespace = connection.namespace ?? 'default' } = flags;
  return { api: new KubernetesApi(connection), namespace };
}

/**
 * Opens the engine of a pipeline.
 * @param given pod settings given as options
 * @throws KubernetesClientMissingError, NoClusterError
 */
export const openEngine = async (
  flags: EngineFlags,
  pipeline: KubernetesOptions['pipeline'],
  given: KubernetesOptions['given'] = {},
): Promise<Engine> => {
  const { api, namespace } = await openApi(flags);
  return new KubernetesEngine(api, { pipeline, namespace, given });
};
