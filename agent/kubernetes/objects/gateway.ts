import { objectLabels, objectNames, partLabels } from './labels.ts';
import { accountObjects, deployment, disruptionBudget, httpPort } from './parts.ts';
import { OWN_NAMESPACE, servingPod } from './pod-spec.ts';
import { nodeSelector, PLAN_FILE, PORT, REPLICAS_FILE, TOKEN_FILE } from './pods.ts';
import type { ServedPlan } from './stage.ts';
import type { KubernetesObject } from './types.ts';

/** The objects of the gateways, with a Role to follow the pods of the stages and the plan. */
export function gatewayObjects({ plan, settings }: Omit<ServedPlan, 'pipeline'>): KubernetesObject[] {
  const { pipeline } = plan;
  const { namespace } = settings;
  const names = objectNames(pipeline);
  const selector = partLabels(pipeline, 'gateway');
  const labels = { ...objectLabels(pipeline, 'gateway'), ...selector };
  const metadata = { name: names.gateway, namespace, labels };
  const pod = servingPod(settings, {
    ...{ name: 'gateway', plan: names.plan, token: names.token },
    args: [
      'gateway',
      ...['--plan', PLAN_FILE, '--manifest', settings.manifest, '--namespace', OWN_NAMESPACE.arg],
      ...['--host', '::', '--port', String(PORT), '--token-file', TOKEN_FILE],
      ...['--remember', REPLICAS_FILE],
    ],
    env: [OWN_NAMESPACE.env],
    // The CPU request is small, because by default a plan for pods leaves one core of a node for the gateways.
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    slaMs: plan.slaMs,
    nodeSelector: nodeSelector(plan.profile.device, {}),
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
    deployment(metadata, {
      replicas: settings.gateways,
      selector,
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      pod: { ...pod, serviceAccountName: names.gateway, automountServiceAccountToken: true },
    }),
    disruptionBudget(metadata, selector),
  ];
}
