import { expect, test } from 'vitest';
import type { Rollout } from '../../../agent/cluster/engine.ts';
import { NotServingError } from '../../../agent/cluster/errors.ts';
import { ClusterUnreachableError } from '../../../agent/kubernetes/errors.ts';
import { profileJob } from '../../../agent/kubernetes/objects/profile-job.ts';
import { until } from '../../until.ts';
import { addStartingPod, engineIn, standInCluster } from './cluster.ts';
import { warn } from './jobs.ts';
import { clusterPlan, fashion, settings } from './objects/plans.ts';
import type { JsonObject } from './stand-in/fields.ts';
import { addPod, tellPods } from './stand-in/nodes.ts';

/** Makes a cluster with an applied plan: one pod of detect, two of classify, two gateways. */
async function applied() {
  const { standIn, cluster } = await standInCluster();
  const engine = engineIn(cluster);
  await engine.apply(clusterPlan());
  const tell = (part: string, status: JsonObject = {}) => tellPods(standIn, part, status);
  /** Adds a pod that is not ready. */
  const waiting = (status: JsonObject) => {
    addStartingPod(standIn);
    standIn.store.setStatus('api/v1/namespaces/shop/pods/fashion-detect-x', status);
  };
  const await_ = (onChange: (rollout: Rollout) => void = () => {}, timeoutMs = Number.POSITIVE_INFINITY) =>
    engine.awaitServing({ onChange, timeoutMs, readMs: 1, signal: new AbortController().signal });
  /** Waits with a time limit that is over at once, and returns the error's message, which says what the pods wait for. */
  const reasons = async (): Promise<string> => {
    const error = await await_(undefined, -1).catch((e) => e);
    expect(error).toBeInstanceOf(NotServingError);
    return error.message;
  };
  return { standIn, tell, waiting, await: await_, reasons };
}

test('the wait ends when all pods of the plan and the gateways serve, and tells how many do', async () => {
  const { tell, ...cluster } = await applied();
  for (const part of ['detect', 'gateway']) tell(part);
  tell('classify', { availableReplicas: 1 });
  const seen: number[][] = [];
  await cluster.await(({ ready, wanted }) => {
    seen.push([ready, wanted]);
    if (seen.length === 3) tell('classify');
  });
  expect(seen).toEqual([
    [4, 5],
    [4, 5],
    [4, 5],
    [5, 5],
  ]);
});

test('the wait goes on while the API server does not answer, until the time is over', async () => {
  const { standIn, tell, ...cluster } = await applied();
  let down: Promise<void> | undefined;
  const waited = cluster.await(() => {
    down ??= standIn.down();
  });
  await until(() => expect(down).toBeDefined());
  await down;
  await expect(cluster.await(undefined, -1)).rejects.toThrow(ClusterUnreachableError);
  await standIn.up();
  for (const part of ['detect', 'classify', 'gateway']) tell(part);
  await waited;
});

test('pods that have ended, as an evicted one or that of a profile job, keep nobody waiting', async () => {
  const { tell, waiting, await: waited } = await applied();
  for (const part of ['detect', 'classify', 'gateway']) tell(part);
  waiting({ phase: 'Failed' });
  await waited();
});

test('a profile job whose pod waits for cores that the serving pods hold keeps nobody waiting', async () => {
  const { standIn, tell, await: waited } = await applied();
  for (const part of ['detect', 'classify', 'gateway']) tell(part);
  const ask = { backends: ['cpu'], threads: [1], batches: [1], budgetS: 2, seed: 1 } as const;
  const { metadata } = profileJob(ask, fashion.pipeline, settings, 'abcd');
  addPod(standIn, {
    ...{ name: metadata.name, namespace: 'shop' },
    labels: metadata.labels!,
    phase: 'Pending',
    ready: false,
  });
  await waited(undefined, 0);
});

test('a status from before the change, and pods from before it, do not count', async () => {
  const { tell, reasons } = await applied();
  for (const part of ['detect', 'classify']) tell(part);
  tell('gateway', { observedGeneration: 0 });
  expect(await reasons()).toContain('2 of 5 pods');
  tell('gateway', { replicas: 3, availableReplicas: 3 });
  expect(await reasons()).toContain('fashion-gateway: earlier pods run until new ones serve');
});

test.each<[string, JsonObject, RegExp]>([
  [
    'no node has room',
    {
      conditions: [
        { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.' },
      ],
    },
    /fashion-detect-x: 0\/1 nodes are available: 1 Insufficient cpu/,
  ],
  [
    'the image cannot be pulled',
    {
      containerStatuses: [
        { state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "a"' } } },
      ],
    },
    /ImagePullBackOff: Back-off pulling image "a"/,
  ],
  [
    'the process ends again and again',
    {
      containerStatuses: [
        {
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
          lastState: {
            terminated: { exitCode: 2, reason: 'Error', message: 'The plan is for another device.\n' },
          },
        },
      ],
    },
    /it has ended 3 times, with Error: The plan is for another device\./,
  ],
  [
    'a container that the cluster has added is ready, and the process is not',
    {
      containerStatuses: [
        { ready: true, state: { running: {} } },
        { ready: false, state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } },
      ],
    },
    /ImagePullBackOff: no such image/,
  ],
])('a pod that waits is told with its reason: %s', async (_, status, reason) => {
  const { waiting, reasons } = await applied();
  waiting(status);
  expect(await reasons()).toMatch(reason);
});

test('what only events tell is told, such as a volume that is missing', async () => {
  const { standIn, waiting, reasons } = await applied();
  waiting({ containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] });
  warn(standIn, 'fashion-detect-x', 'persistentvolumeclaim "shop-models" not found');
  warn(standIn, 'fashion-detect-x', 'Pulled image', 'Normal');
  warn(standIn, 'another-pod', 'something else');
  expect(await reasons()).toContain('fashion-detect-x: persistentvolumeclaim "shop-models" not found');
});

test('pods that cannot even be made are told, and a deployment that Kubernetes has given up ends the wait', async () => {
  const { tell, await: waited } = await applied();
  tell('detect', {
    replicas: 0,
    updatedReplicas: 0,
    availableReplicas: 0,
    conditions: [
      { type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: cpu' },
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
    ],
  });
  await expect(waited()).rejects.toThrow(/fashion-detect: exceeded quota: cpu/);
});
