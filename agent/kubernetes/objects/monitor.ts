import type { PodSettings } from '../settings.ts';
import { objectLabels, objectNames, ownLabels, PART_LABEL, SERVING_PARTS } from './labels.ts';
import type { KubernetesObject } from './types.ts';

export const MONITOR = { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor' } as const;

/** Makes Prometheus' operator read the metrics of a pipeline's gateways and stages. */
export const podMonitor = (pipeline: string, { namespace }: PodSettings): KubernetesObject => ({
  ...MONITOR,
  metadata: {
    name: objectNames(pipeline).monitor,
    namespace,
    labels: objectLabels(pipeline, 'monitor'),
  },
  spec: {
    selector: {
      matchLabels: ownLabels(pipeline),
      matchExpressions: [{ key: PART_LABEL, operator: 'In', values: SERVING_PARTS }],
    },
    podMetricsEndpoints: [{ port: 'http', path: '/metrics' }],
  },
});
