import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { checkDeployable } from '../../cluster/replica-plan.ts';
import type { PodSettings } from '../settings.ts';
import { kubernetesName } from './names.ts';
import {
  container,
  nodeSelector,
  PLAN_FILE,
  PLAN_KEY,
  PORT,
  podSpec,
  REPLICAS_FILE,
  SERVICE_LEAVE_S,
  STAGE_LEAVE_S,
  spreadOverNodes,
  stageResources,
  TOKEN_FILE,
} from './pods.ts';
import type { KubernetesObject } from './types.ts';

const MANAGER = 'ipa-agent';
export const STAGE_LABEL = 'ipa-edge/stage';
/** Annotation of the plan's ConfigMap with the pod settings as JSON. */
export const SETTINGS = 'ipa-edge/settings';
/** Annotation with the pod settings of the previous plan. */
export const PREVIOUS_SETTINGS = 'ipa-edge/previous-settings';
const PART_OF = 'app.kubernetes.io/part-of';

/** Names of a pipeline's Kubernetes objects. */
export const objectNames = (pipeline: string) => ({
  plan: `${kubernetesName(pipeline)}-plan`,
  token: `${kubernetesName(pipeline)}-token`,
  gateway: `${kubernetesName(pipeline)}-gateway`,
  watch: `${kubernetesName(pipeline)}-watch`,
  stage: (stage: string) => kubernetesName(pipeline, stage),
});

/** Labels that select every object of a pipeline. */
export const ownLabels = (pipeline: string): Record<string, string> => ({
  'app.kubernetes.io/managed-by': MANAGER,
  [PART_OF]: kubernetesName(pipeline),
});

/** Further labels that Kubernetes recommends. @param component what the object does for the pipeline, e.g. `gateway` */
export const describingLabels = (pipeline: string, component: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'ipa-edge',
  'app.kubernetes.io/instance': kubernetesName(pipeline),
  'app.kubernetes.io/component': component,
});

/** Labels of one part of a pipeline: all its stages, or its gateway. */
const partLabels = (pipeline: string, part: string) => ({
  [PART_OF]: kubernetesName(pipeline),
  'ipa-edge/part': part,
});

/** Labels that select the objects of all stages. */
export const stageSelector = (pipeline: string): Record<string, string> => partLabels(pipeline, 'stage');

const stageLabels = (pipeline: string, stage: string) => ({
  ...stageSelector(pipeline),
  [STAGE_LABEL]: kubernetesName(stage),
});

/** Inputs of a plan's Kubernetes objects. */
interface Sources {
  readonly plan: Plan;
  readonly pipeline: Pipeline;
  readonly settings: PodSettings;
}

/**
 * Makes the objects that serve a plan, in the order to apply them, except the Secret with the token, which is created once in
 * the cluster. Pod templates do not name variant and batch, so that changing these replaces no pod: the gateway changes them
 * while the pods run.
 * @throws NotDeployableError
 */
export function kubernetesObjects(plan: Plan, pipeline: Pipeline, settings: PodSettings): KubernetesObject[] {
  checkDeployable(plan);
  const sources = { plan, pipeline, settings };
  return [
    planObject(plan, settings),
    ...plan.stages.flatMap((stage) => stageObjects(sources, stage)),
    ...gatewayObjects(sources),
  ];
}

/** Key of the ConfigMap for the previous plan, to which a rollback returns. */
export const PREVIOUS_KEY = 'previous.json';

/** A plan with the pod settings that it was applied with. */
export interface Release {
  readonly plan: Plan;
  readonly settings: PodSettings;
}

/** Makes the ConfigMap with a plan and its pod settings. @param previous release for a rollback; null if there is none */
export const planObject = (
  plan: Plan,
  settings: PodSettings,
  previous: Release | null = null,
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: objectNames(plan.pipeline).plan,
    namespace: settings.namespace,
    labels: ownLabels(plan.pipeline),
    annotations: {
      [SETTINGS]: settingsText(settings),
      ...(previous && { [PREVIOUS_SETTINGS]: settingsText(previous.settings) }),
    },
  },
  data: { [PLAN_KEY]: lines(plan), ...(previous && { [PREVIOUS_KEY]: lines(previous.plan) }) },
});

const settingsText = ({ namespace: _, ...settings }: PodSettings): string => JSON.stringify(settings);

/** Writes a plan with one field per line, so that people can read and compare it. */
const lines = (plan: Plan): string => JSON.stringify(plan, null, 2);

function stageObjects({ plan, pipeline, settings }: Sources, stage: PlanStage): KubernetesObject[] {
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

function gatewayObjects({ plan, settings }: Sources): KubernetesObject[] {
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
      ...['--plan', PLAN_FILE, '--manifest', settings.manifest, '--namespace', namespace],
      ...['--host', '0.0.0.0', '--port', String(PORT), '--token-file', TOKEN_FILE],
      ...['--remember', REPLICAS_FILE],
    ],
    // A small request, because the plan does not count the gateway's cores and the stages' pods need the room.
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    leaveS: SERVICE_LEAVE_S,
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
        // One gateway only, because a second one would send batches to the same pods without knowing of the first one's.
        replicas: 1,
        selector: { matchLabels: selector },
        strategy: rolling({ maxSurge: 1, maxUnavailable: 0 }),
        template: {
          metadata: { labels },
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
