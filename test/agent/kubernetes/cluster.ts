import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { connectionOf } from '../../../agent/kubernetes/client.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { ownLabels, stageLabels } from '../../../agent/kubernetes/objects/labels.ts';
import { type Applied, readApplied } from '../../../agent/kubernetes/plans.ts';
import type { GivenSettings } from '../../../agent/kubernetes/settings.ts';
import { type Place, placeOfTest } from '../shared.ts';
import { fashion, settings } from './objects/plans.ts';
import { addNode, addPod } from './stand-in/nodes.ts';
import { StandIn } from './stand-in/server.ts';

/** Labels of a node that may run the pods of the tests' plans. */
export const nodeLabels = (arch = 'amd64') => ({
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': arch,
  ...settings.nodeSelector,
});

/** Starts a stand-in with a large node of each architecture, and writes its kubeconfig to a file. By default both end with the test. */
export async function standInCluster({ folder, atEnd }: Place = placeOfTest()): Promise<{
  standIn: StandIn;
  kubeconfig: string;
  cluster: KubernetesApi;
}> {
  const standIn = await StandIn.start();
  for (const arch of ['amd64', 'arm64']) addNode(standIn, arch, { labels: nodeLabels(arch) });
  atEnd(() => standIn.down());
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, standIn.kubeconfig);
  return { standIn, kubeconfig, cluster: new KubernetesApi(await connectionOf({ kubeconfig })) };
}

/** The engine of the fashion pipeline in a cluster. @param given pod settings given as options */
export const engineIn = (cluster: KubernetesApi, given: GivenSettings = settings): KubernetesEngine =>
  new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: settings.namespace, given });

/** Adds a pod of detect that is not ready. */
export const addStartingPod = (standIn: StandIn) =>
  addPod(standIn, {
    ...{ name: 'fashion-detect-x', namespace: settings.namespace, ready: false },
    labels: { ...ownLabels('fashion'), ...stageLabels('fashion', 'detect') },
  });

/** What is applied of the fashion pipeline in a cluster. */
export const appliedIn = (api: KubernetesApi): Promise<Applied> =>
  readApplied({ api, pipeline: 'fashion', namespace: settings.namespace });
