import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { checkDeployable } from '../../cluster/replica-plan.ts';
import type { PodSettings } from '../settings.ts';
import { clusterName } from './names.ts';
import {
  container,
  nodeSelector,
  PLAN_FILE,
  PLAN_KEY,
  PORT,
  podSpec,
  stageResources,
  TOKEN_FILE,
} from './pods.ts';
import type { KubernetesObject } from './types.ts';

export const MANAGER = 'ipa-agent';
export const STAGE_LABEL = 'ipa-edge/stage';
/** Annotation of the plan's config map: image, models and node selector that it was applied with, as JSON. */
export const SETTINGS = 'ipa-edge/settings';
const PART_OF = 'app.kubernetes.io/part-of';

/** What the objects of a pipeline are called. */
export const objectNames = (pipeline: string) => ({
  plan: `${clusterName(pipeline)}-plan`,
  token: `${clusterName(pipeline)}-token`,
  gateway: `${clusterName(pipeline)}-gateway`,
  stage: (stage: string) => clusterName(pipeline, stage),
});

/** On everything of a pipeline. */
export const ownLabels = (pipeline: string): Record<string, string> => ({
  'app.kubernetes.io/managed-by': MANAGER,
  [PART_OF]: clusterName(pipeline),
});

/** Of one part of it. */
const partLabels = (pipeline: string, part: string) => ({
  [PART_OF]: clusterName(pipeline),
  'ipa-edge/part': part,
});

/** What every stage's objects of a pipeline have. */
export const stageSelector = (pipeline: string): Record<string, string> => partLabels(pipeline, 'stage');

const stageLabels = (pipeline: string, stage: string) => ({
  ...stageSelector(pipeline),
  [STAGE_LABEL]: clusterName(stage),
});

interface Deploying {
  readonly plan: Plan;
  readonly models: Pipeline;
  readonly settings: PodSettings;
}

/**
 * Everything that serves a plan, in the order it is applied; not the secret with the token, which is made where it is
 * applied. What of a stage's pods would have to be changed with its variant or batch is not in them: those are changed
 * while they run.
 * @throws NotDeployableError
 */
export function kubernetesObjects(plan: Plan, models: Pipeline, settings: PodSettings): KubernetesObject[] {
  checkDeployable(plan);
  const deploying = { plan, models, settings };
  return [
    planObject(plan, settings),
    ...plan.stages.flatMap((stage) => stageObjects(deploying, stage)),
    ...gatewayObjects(deploying),
  ];
}

/** Under this key is the plan before the one that serves: what a rollback goes back to. */
export const PREVIOUS_KEY = 'previous.json';

/** The config map that holds a plan, with what it was applied with. @param previous null: there was none before */
export const planObject = (
  plan: Plan,
  { namespace, ...settings }: PodSettings,
  previous: Plan | null = null,
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: objectNames(plan.pipeline).plan,
    namespace,
    labels: ownLabels(plan.pipeline),
    annotations: { [SETTINGS]: JSON.stringify(settings) },
  },
  data: { [PLAN_KEY]: lines(plan), ...(previous && { [PREVIOUS_KEY]: lines(previous) }) },
});

/** A field a line, for whoever reads or compares the objects. */
const lines = (plan: Plan): string => JSON.stringify(plan, null, 2);

function stageObjects({ plan, models, settings }: Deploying, stage: PlanStage): KubernetesObject[] {
  const { pipeline } = plan;
  const names = objectNames(pipeline);
  const selector = stageLabels(pipeline, stage.name);
  const metadata = {
    name: names.stage(stage.name),
    namespace: settings.namespace,
    labels: { ...ownLabels(pipeline), ...selector },
  };
  const pod = container(settings, {
    name: 'stage',
    args: [
      'stage',
      ...['--stage', stage.name, '--plan', PLAN_FILE, '--manifest', settings.manifest],
      ...['--host', '0.0.0.0', '--port', String(PORT), '--token-file', TOKEN_FILE],
    ],
    resources: stageResources(models, stage),
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      // Headless: the gateway chooses the pod itself.
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
        // A spare GPU is not to be counted on; cores for one more pod are.
        strategy: rolling(
          onGpu(stage.backend) ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 },
        ),
        template: {
          metadata: { labels: { ...ownLabels(pipeline), ...selector } },
          spec: podSpec([pod], nodeSelector(plan.profile.device, settings.nodeSelector), settings, names),
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
            from: [{ podSelector: { matchLabels: partLabels(pipeline, 'gateway') } }],
            ports: [{ protocol: 'TCP', port: PORT }],
          },
        ],
      },
    },
  ];
}

function gatewayObjects({ plan, settings }: Deploying): KubernetesObject[] {
  const { pipeline } = plan;
  const { namespace } = settings;
  const names = objectNames(pipeline);
  const selector = partLabels(pipeline, 'gateway');
  const metadata = { name: names.gateway, namespace, labels: { ...ownLabels(pipeline), ...selector } };
  const pod = container(settings, {
    name: 'gateway',
    args: [
      'gateway',
      ...['--plan', PLAN_FILE, '--manifest', settings.manifest, '--namespace', namespace],
      ...['--host', '0.0.0.0', '--port', String(PORT), '--token-file', TOKEN_FILE],
    ],
    // What it asks for is not in the plan: no more than leaves the plan's pods their room on a small node.
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [names.plan], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: names.gateway },
      subjects: [{ kind: 'ServiceAccount', name: names.gateway, namespace }],
    },
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
        // The queues are central: two gateways would each take the pods to be theirs.
        replicas: 1,
        selector: { matchLabels: selector },
        strategy: rolling({ maxSurge: 1, maxUnavailable: 0 }),
        template: {
          metadata: { labels: { ...ownLabels(pipeline), ...selector } },
          spec: {
            ...podSpec([pod], nodeSelector(plan.profile.device, {}), settings, names),
            serviceAccountName: names.gateway,
            automountServiceAccountToken: true,
          },
        },
      },
    },
  ];
}

const httpPort = { name: 'http', port: PORT, targetPort: 'http', protocol: 'TCP' };

const rolling = (rollingUpdate: { maxSurge: number; maxUnavailable: number }) => ({
  type: 'RollingUpdate',
  rollingUpdate,
});
