import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { connectionOf } from '../../../agent/kubernetes/client.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import type { GivenSettings } from '../../../agent/kubernetes/settings.ts';
import { fashion, settings } from './objects/plans.ts';
import { StandIn } from './stand-in/server.ts';

/** A stand-in, and its kubeconfig as a file; both go when the test has finished. */
export async function standInCluster(): Promise<{
  standIn: StandIn;
  kubeconfig: string;
  cluster: KubernetesApi;
}> {
  const standIn = await StandIn.start();
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-cluster-'));
  onTestFinished(async () => {
    await standIn.down();
    await rm(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, standIn.kubeconfig);
  return { standIn, kubeconfig, cluster: new KubernetesApi(await connectionOf({ kubeconfig })) };
}

/** The engine of the fashion pipeline in a cluster. @param given pod settings given as options */
export const engineIn = (cluster: KubernetesApi, given: GivenSettings = settings): KubernetesEngine =>
  new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: settings.namespace, given });
