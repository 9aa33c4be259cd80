import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../../../agent/kubernetes/objects/types.ts';
import {
  RESOURCE,
  type ResourceStatus,
  resourceDefinition,
} from '../../../../agent/kubernetes/resource/schema.ts';
import { exportProfile } from '../../../../workers/store/exchange.ts';
import { folderOfTest } from '../../../temporary-folder.ts';
import { until } from '../../../until.ts';
import { ipaAgentHere } from '../../here.ts';
import { appliedIn, standInCluster } from '../cluster.ts';
import { fashionProfile } from '../fashion-profile.ts';
import { jobOf, runPod } from '../jobs.ts';
import { fashion } from '../objects/plans.ts';
import { startCommand } from '../processes.ts';
import { arrivals } from '../watched.ts';

const printed = async (...args: string[]): Promise<KubernetesObject[]> =>
  parseAllDocuments((await ipaAgentHere(['crd', ...args])).stdout).map((one) => one.toJS());

test('with a kubeconfig alone, the commands crd and watch take an SLA to a plan that follows the load', async () => {
  const { standIn, kubeconfig, cluster } = await standInCluster();
  const [crd, ...none] = await printed();
  expect(none).toEqual([]);
  standIn.define(crd!);
  const load = await arrivals(standIn);
  load.ratePerS = 2;
  const { lines } = startCommand([
    ...['watch', '--pipeline', 'fashion', '--namespace', 'shop', '--kubeconfig', kubeconfig],
    ...['--predictor', 'last-window', '--interval', '1'],
  ]);
  const metadata = { name: 'fashion', namespace: 'shop' };
  await cluster.apply({ ...RESOURCE, metadata, spec: { slaMs: 300, ratePerS: 2, cores: 40 } });
  runPod(standIn, await jobOf(standIn), 'Succeeded', exportProfile(fashionProfile()));
  const ratePerS = async () => (await appliedIn(cluster)).current?.ratePerS ?? 0;
  await until(async () => expect(await ratePerS(), lines.join('\n')).toBe(2));
  load.ratePerS = 150;
  await until(async () => expect(await ratePerS(), lines.join('\n')).toBeGreaterThan(100));
  await until(async () => {
    const status = (await cluster.read({ ...RESOURCE, metadata }))!.status as ResourceStatus;
    expect(status.plannedRatePerS).toBeGreaterThan(100);
    expect(status.conditions!.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Profiled Measured',
      'Planned Applied',
      'Ready PodsStarting',
    ]);
  });
});

test('without a pipeline crd refuses an option of pods with exit 2, because it prints the CRD alone', async () => {
  const crd = (...args: string[]) => ipaAgentHere(['crd', ...args]);
  expect((await crd('--help')).stdout).toMatch(/--image <name> +with --pipeline or --manifest: an image/);
  const { code, stdout, stderr } = await crd('--image', 'registry.example/ipa-edge:1');
  expect(stderr).toContain('--image is an option of --pipeline or --manifest: give one of them too');
  expect([code, stdout]).toEqual([2, '']);
});

test('for a pipeline crd prints the watch that serves it, too, as objects that kubectl takes', async () => {
  const objects = await printed(
    '--pipeline',
    'fashion',
    '--namespace',
    'shop',
    '--image',
    'registry.example/ipa-edge:1',
  );
  expect(objects.map(({ kind }) => kind)).toEqual([
    'CustomResourceDefinition',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'Deployment',
  ]);
  expect(JSON.stringify(objects.at(-1))).toContain('registry.example/ipa-edge:1');
});

test('watch logs the name of the InferencePipeline that it follows, where Kubernetes does not take that of the pipeline', async () => {
  const { standIn, kubeconfig } = await standInCluster();
  standIn.define(resourceDefinition());
  const manifest = join(folderOfTest(), 'manifest.json');
  await writeFile(manifest, JSON.stringify({ ...fashion.manifest, name: 'my_pipeline' }));
  const reached = ['--namespace', 'shop', '--kubeconfig', kubeconfig];
  const { text } = await ipaAgentHere(['watch', '--manifest', manifest, ...reached], 'no InferencePipeline');
  const name = /watching the InferencePipeline (\S+)/.exec(text)?.[1];
  expect(name, text).toMatch(/^my-pipeline-/);
  expect(standIn.seen.map(({ url }) => decodeURIComponent(url)).join('\n')).toContain(
    `metadata.name=${name}`,
  );
});
