import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import type { PodSettings } from '../settings.ts';
import { describingLabels, objectNames, ownLabels, partLabels, stageLabels } from './labels.ts';
import { httpPort, rolling } from './parts.ts';
import {
  container,
  nodeSelector,
  PLAN_FILE,
  PORT,
  podSpec,
  STAGE_LEAVE_S,
  spreadOverNodes,
  stageResources,
  TOKEN_FILE,
} from './pods.ts';
import type { KubernetesObject } from './types.ts';

/** Inputs of a plan's Kubernetes objects. */
export interface ServedPlan {
  readonly plan: Plan;
  readonly pipeline: Pipeline;
  readonly settings: PodSettings;
}

/** The objects of one stage: its Service, pods, disruption budget, and the rule that only the gateway reaches the pods. */
export function stageObjects({ plan, pipeline, settings }: ServedPlan, stage: PlanStage): KubernetesObject[] {
  const names = objectNames(pipeline.name);
  const selector = stageLabels(pipeline.name, stage.name);
  const metadata = {
    name: names.stage(stage.name),
    namespace: settings.namespace,
    labels: { ...ownLabels(pipeline.name), ...describingLabels(pipeline.name, 'stage'), ...selector },
  };
  const pod = container(settings, {
    name: 'stage',
    args: [
      'stage',
      ...['--stage', stage.name, '--plan', PLAN_FILE, '--manifest', settings.manifest],
      ...['--host', '0.0.0.0', '--port', String(PORT), '--token-file', TOKEN_FILE],
    ],
    resources: stageResources(pipeline, stage),
    leaveS: STAGE_LEAVE_S,
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      // A headless Service, because the gateway chooses the pod for each batch.
      spec: { clusterIP: 'None', selector, ports: [httpPort] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        ...metadata,
        annotations: {
          'ipa-edge/stage': stage.name,
          'ipa-edge/variant': stage.variant,
          'ipa-edge/batch': String(stage.batch),
        },
      },
      spec: {
        replicas: stage.replicas,
        selector: { matchLabels: selector },
        // A cluster may have no spare GPU for an additional pod during an update, but it should have spare cores.
        strategy: rolling(
          onGpu(stage.backend) ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 },
        ),
        template: {
          metadata: { labels: metadata.labels },
          spec: {
            ...podSpec([pod], nodeSelector(plan.profile.device, settings.nodeSelector), settings, names),
            ...spreadOverNodes(selector),
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
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [{ podSelector: { matchLabels: partLabels(pipeline.name, 'gateway') } }],
            ports: [{ protocol: 'TCP', port: PORT }],
          },
        ],
      },
    },
  ];
}
