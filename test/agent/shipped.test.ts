import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../agent/http/app.ts';
import { kserveObjects } from '../../agent/kubernetes/objects/kserve.ts';
import { kubernetesObjects } from '../../agent/kubernetes/objects/serving.ts';
import { podSettings } from '../../agent/kubernetes/settings.ts';
import { itemsTensors } from '../../agent/oip/items.ts';
import { Service } from '../../agent/service/service.ts';
import { batchOf, itemsOf } from '../../models/items/item-batch.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { loadShipped, SHIPPED } from '../shipped.ts';
import { handPlan } from '../workers/hand-plan.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { kserveCheck, kubernetesCheck } from './kubernetes/objects/schemas.ts';
import { OipClient } from './oip-client.ts';

const ofKubernetes = kubernetesCheck();
const ofKserve = kserveCheck();

/** Number of items in a request. */
const ITEMS = 3;

/** Makes a plan of the lightest variants. @param apart whether each stage has a worker of its own */
const planOf = (models: LoadedManifest, apart: boolean) => {
  const stages = models.manifest.stages.map(({ name }) => name);
  return handPlan(models, {
    backend: 'cpu',
    variants: models.manifest.stages.map(({ variants }) => variants[0]!.name),
    workers: apart ? stages.map((name) => [name]) : [stages],
  });
};

describe.each(SHIPPED)('the pipeline %s', (name) => {
  test('is served: answers over the Open Inference Protocol are as its metadata says', async () => {
    const models = await loadShipped(name);
    const { pipeline } = models;
    const service = await Service.start({
      pipeline,
      plan: planOf(models, false),
      startWorker: startAtOnce(models, nodeEnvironment()),
      onEvent: () => {},
    });
    const app = createApp(service, { checkPlan: () => {} });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const client = new OipClient(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
    const metadata = await client.metadata(name);
    const items = batchOf(itemsOf((await models.readPack()).items, ITEMS));
    const inputs = itemsTensors(pipeline.first.format, items);
    expect(inputs.map((tensor) => [tensor.name, tensor.datatype])).toEqual(
      metadata.inputs.map((tensor) => [tensor.name, tensor.datatype]),
    );
    const { outputs } = await client.infer(name, { inputs });
    expect(outputs.map(({ name: output, datatype }) => [output, datatype])).toEqual(
      metadata.outputs.map(({ name: output, datatype }) => [output, datatype]),
    );
    const index = outputs.find((output) => output.name === 'item_index')!;
    expect(Array.from(index.data as Int32Array).every((item) => item >= 0 && item < ITEMS)).toBe(true);
    client.close();
    service.close();
    await app.close();
  });

  test('has Kubernetes and KServe objects that their schemas accept', async () => {
    const models = await loadShipped(name);
    const settings = podSettings(name, 'shop', {});
    const plan = planOf(models, true);
    const applied = kubernetesObjects(plan, models.pipeline, settings);
    const exported = kserveObjects(plan, models.pipeline, settings);
    const stages = models.manifest.stages.map((stage) => stage.name);
    expect(applied.filter(({ kind }) => kind === 'Deployment').length).toBeGreaterThanOrEqual(stages.length);
    expect(exported.filter(({ kind }) => kind === 'InferenceService')).toHaveLength(stages.length);
    for (const object of applied)
      if (ofKubernetes?.knows(object)) expect(ofKubernetes(object), object.metadata.name).toEqual([]);
    for (const object of exported)
      if (ofKserve && object.apiVersion.startsWith('serving.kserve.io/'))
        expect(ofKserve(object), object.metadata.name).toEqual([]);
  });
});
