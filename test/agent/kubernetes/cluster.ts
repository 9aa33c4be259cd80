import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { connectionOf } from '../../../agent/kubernetes/client.ts';
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
