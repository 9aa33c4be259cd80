import { expect } from 'vitest';
import type { KubernetesObject } from '../../../agent/kubernetes/objects/types.ts';
import { until } from '../../until.ts';
import type { StandIn } from './stand-in/server.ts';

export const JOBS = 'apis/batch/v1/namespaces/shop/jobs';

interface Job extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly name: string; readonly args: string[] }[];
        readonly nodeSelector: object;
      };
    };
  };
}

/** Waits for the only job. */
export const jobOf = (standIn: StandIn): Promise<Job> =>
  until(() => {
    const [job] = standIn.store.all(JOBS);
    expect(job).toBeDefined();
    return job as unknown as Job;
  });

/** The key in the store of a job's pod. */
export const podKeyOf = ({ metadata }: Job): string => `api/v1/namespaces/shop/pods/${metadata.name}-x`;

/**
 * Makes the pod of a job, with its log and in this phase, as the job's controller and the kubelet do.
 * @param added names of containers that the cluster adds to the pod
 */
export function runPod(
  standIn: StandIn,
  job: Job,
  phase: string,
  log: string,
  added: readonly string[] = [],
): void {
  const { name } = job.metadata;
  const { containers } = job.spec.template.spec;
  const names = [...added, ...containers.map((container) => container.name)];
  standIn.logs.set(`${name}-x`, log);
  standIn.store.create(
    podKeyOf(job),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-x`, namespace: 'shop', labels: { 'job-name': name } },
      spec: { containers: names.map((of) => ({ name: of })) },
      status: { phase },
    },
    'kubelet',
  );
}

/** Records a warning about an object, as controllers and the kubelet do. */
export function warn(standIn: StandIn, about: string, message: string, type = 'Warning'): void {
  const name = `${about}.${standIn.store.version}`;
  const key = `api/v1/namespaces/shop/events/${name}`;
  const metadata = { name, namespace: 'shop' };
  const event = { apiVersion: 'v1', kind: 'Event', metadata, involvedObject: { name: about }, type, message };
  standIn.store.create(key, event, 'kubelet');
}

/** The status of a pod for which no node has enough free cores. */
const WITHOUT_CORES = {
  phase: 'Pending',
  conditions: [
    { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu.' },
  ],
};

/** Makes a job's pod, which stays pending because no node has enough free cores. */
export function leavePodPending(standIn: StandIn, job: Job): void {
  runPod(standIn, job, 'Pending', '');
  standIn.store.setStatus(podKeyOf(job), WITHOUT_CORES);
}
