import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import type { ReplicaGroup } from '../../cluster/replica-plan.ts';
import type { PodSettings } from '../settings.ts';
import { objectLabels, objectNames, partLabels, podLabels, stageLabels } from './labels.ts';
import { deployment, disruptionBudget, httpPort } from './parts.ts';
import { servingPod } from './pod-spec.ts';
import { leaveSeconds, nodeSelector, PLAN_FILE, PORT, stageResources, TOKEN_FILE } from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** What a plan's Kubernetes objects are made from. */
export interface ServedPlan {
  readonly plan: Plan;
  readonly pipeline: Pipeline;
  readonly settings: PodSettings;
}

/** Peer of a NetworkPolicy that stands for all pods of a namespace. */
const inNamespace = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
});

/** The kinds of the objects that {@link stageObjects} makes, each with its `apiVersion`; first the one that runs pods. */
export const POD_KINDS = [
  ['Deployment', 'apps/v1'],
  ['Service', 'v1'],
  ['PodDisruptionBudget', 'policy/v1'],
  ['NetworkPolicy', 'networking.k8s.io/v1'],
] as const;

/**
 * The objects of the pods that hold the same stages, mostly one stage: a deployment, a Service for each stage, a disruption
 * budget, and a network policy that lets only the gateways and the reader of metrics reach the pods.
 */
export function stageObjects(
  { plan, pipeline, settings }: ServedPlan,
  group: ReplicaGroup,
): KubernetesObject[] {
  const names = objectNames(pipeline.name);
  const stages = plan.stages.filter(({ name }) => group.stages.includes(name));
  const held = stages.map(({ name }) => name);
  const selector = podLabels(pipeline.name, held);
  const common = objectLabels(pipeline.name, 'stage');
  const { namespace } = settings;
  const metadata = { name: names.pods(held), namespace, labels: { ...common, ...selector } };
  const pod = servingPod(settings, {
    ...{ name: 'stage', plan: names.plan, token: names.token },
    args: [
      'stage',
      ...held.flatMap((name) => ['--stage', name]),
      ...['--plan', PLAN_FILE, '--manifest', settings.manifest],
      ...['--host', '::', '--port', String(PORT), '--token-file', TOKEN_FILE],
    ],
    resources: stageResources(pipeline, plan, stages),
    nodeSelector: nodeSelector(plan.profile.device, settings.nodeSelector),
    slaMs: plan.slaMs,
    leaveS: leaveSeconds(pipeline, plan, stages),
  });
  const each = (of: (stage: PlanStage) => string): string => stages.map(of).join(', ');
  return [
    ...held.map((name) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: names.service(held, name),
        namespace,
        // The gateways tell by these labels which stage an endpoint serves.
        labels: { ...common, ...stageLabels(pipeline.name, name) },
      },
      // The Service is headless, because the gateway chooses the pod for each batch.
      spec: { clusterIP: 'None', selector, ports: [httpPort] },
    })),
    deployment(
      {
        ...metadata,
        annotations: {
          'ipa-edge/stage': each(({ name }) => name),
          'ipa-edge/variant': each(({ variant }) => variant),
          'ipa-edge/batch': each(({ batch }) => String(batch)),
        },
      },
      {
        ...{ replicas: group.replicas, selector, pod },
        // A cluster may have no spare GPU for an additional pod during an update, but should have spare cores.
        rollingUpdate: stages.some(({ backend }) => onGpu(backend))
          ? { maxSurge: 0, maxUnavailable: 1 }
          : { maxSurge: 1, maxUnavailable: 0 },
      },
    ),
    disruptionBudget(metadata, selector),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              { podSelector: { matchLabels: partLabels(pipeline.name, 'gateway') } },
              ...(settings.monitor === null ? [] : [inNamespace(settings.monitor)]),
            ],
            ports: [{ protocol: 'TCP', port: PORT }],
          },
        ],
      },
    },
  ];
}
