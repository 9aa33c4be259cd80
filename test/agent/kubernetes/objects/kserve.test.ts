import { describe, expect, test } from 'vitest';
import { kserveObjects } from '../../../../agent/kubernetes/objects/kserve.ts';
import { clusterPlan, fashion, settings } from './plans.ts';
import { kserveCheck } from './schemas.ts';

const objects = kserveObjects(clusterPlan(), fashion.pipeline, settings);
const check = kserveCheck();

describe.skipIf(check === null)("by KServe's CRDs", () => {
  test('services and graph are valid, and no field is unknown', () => {
    const ofKserve = objects.filter(({ apiVersion }) => apiVersion.startsWith('serving.kserve.io/'));
    expect(ofKserve.map(({ kind }) => kind)).toEqual([
      'InferenceService',
      'InferenceService',
      'InferenceGraph',
    ]);
    for (const object of ofKserve) expect(check!(object), object.metadata.name).toEqual([]);
  });

  test('the check sees a field that is misspelt', () => {
    const graph = structuredClone(objects.at(-1)!) as unknown as {
      spec: { nodes: { root: Record<string, unknown> } };
    };
    graph.spec.nodes.root.routertype = 'Sequence';
    expect(check!(graph as never)).toEqual([expect.stringContaining('routertype')]);
  });
});

test('the graph passes what a stage answers to the next one, by the names of the services', () => {
  const graph = objects.at(-1) as unknown as { spec: { nodes: { root: unknown } } };
  expect(graph.spec.nodes.root).toEqual({
    routerType: 'Sequence',
    steps: [
      { name: 'detect', serviceName: 'fashion-detect' },
      { name: 'classify', serviceName: 'fashion-classify', data: '$response' },
    ],
  });
});

test('replicas are those of the plan', () => {
  const spec = objects.map((object) => (object as { spec?: { predictor?: { minReplicas: number } } }).spec);
  expect(spec.flatMap((s) => s?.predictor?.minReplicas ?? [])).toEqual([1, 2]);
});
