import { describingLabels, objectNames, ownLabels, partLabels } from './labels.ts';
import { accountObjects, httpPort, rolling } from './parts.ts';
import {
  container,
  nodeSelector,
  OWN_NAMESPACE,
  PLAN_FILE,
  PORT,
  podSpec,
  REPLICAS_FILE,
  SERVICE_LEAVE_S,
  spreadOverNodes,
  TOKEN_FILE,
} from './pods.ts';
import type { ServedPlan } from './stage.ts';
import type { KubernetesObject } from './types.ts';

/** The objects of the gateways, with a Role to follow the pods of the stages and the plan. */
export function gatewayObjects({ plan, settings }: Omit<ServedPlan, 'pipeline'>): KubernetesObject[] {
  const { pipeline } = plan;
  const { namespace } = settings;
  const names = objectNames(pipeline);
  const selector = partLabels(pipeline, 'gateway');
  const labels = { ...ownLabels(pipeline), ...describingLabels(pipeline, 'gateway'), ...selector };
  const metadata = { name: names.gateway, namespace, labels };
  const pod = container(settings, {
    name: 'gateway',
    args: [
      'gateway',
      ...['--plan', PLAN_FILE, '--manifest', settings.manifest, '--namespace', OWN_NAMESPACE.arg],
      ...['--host', '0.0.0.0', '--port', String(PORT), '--token-file', TOKEN_FILE],
      ...['--remember', REPLICAS_FILE],
    ],
    env: [OWN_NAMESPACE.env],
    // A small request, because the plan does not count the gateway's cores and the stages' pods need the room.
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    leaveS: SERVICE_LEAVE_S,
  });
  return [
    ...accountObjects(metadata, [
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [names.plan], verbs: ['list', 'watch'] },
    ]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'ClusterIP', selector, ports: [httpPort] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: settings.gateways,
        selector: { matchLabels: selector },
        strategy: rolling({ maxSurge: 1, maxUnavailable: 0 }),
        template: {
          metadata: { labels },
          spec: {
            ...podSpec([pod], nodeSelector(plan.profile.device, {}), settings, names),
            ...spreadOverNodes(selector),
            serviceAccountName: names.gateway,
            automountServiceAccountToken: true,
          },
        },
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
    },
  ];
}
