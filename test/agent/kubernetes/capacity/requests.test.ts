import { expect, test } from 'vitest';
import { requestsOf } from '../../../../agent/kubernetes/capacity/cluster.ts';

const asks = (cpu: string) => ({ resources: { requests: { cpu } } });
const sidecar = (cpu: string) => ({ ...asks(cpu), restartPolicy: 'Always' });

test.each([
  {
    what: 'containers and sidecars run together',
    containers: [asks('1'), asks('2')],
    initContainers: [sidecar('1')],
    cpu: 4,
  },
  {
    what: 'init containers run one by one, before the containers',
    containers: [asks('1')],
    initContainers: [asks('3'), asks('2')],
    cpu: 3,
  },
  {
    what: 'an init container runs beside the sidecars started before it',
    containers: [asks('1')],
    initContainers: [asks('1'), sidecar('2'), asks('3')],
    cpu: 5,
  },
])('$what: the pod reserves $cpu cores', ({ containers, initContainers, cpu }) => {
  expect(requestsOf({ containers, initContainers })).toEqual({ cpu, pods: 1 });
});
