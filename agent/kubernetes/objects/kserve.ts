import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import type { Plan, PlanStage } from '../../../solver/documents/plan.ts';
import { kubernetesName } from '../../cluster/names.ts';
import { checkDeployable } from '../../cluster/replica-plan.ts';
import { CascadeUnsupportedError } from '../errors.ts';
import type { PodSettings } from '../settings.ts';
import { kserveLabels, objectNames } from './labels.ts';
import { servingPod } from './pod-spec.ts';
import { nodeSelector, PLAN_FILE, PORT, stageResources } from './pods.ts';
import { planObject } from './serving.ts';
import type { KubernetesObject } from './types.ts';

/** Seconds for which an ending pod still serves before SIGTERM, until KServe has stopped sending requests to the pod. */
const LEAVE_S = 5;

/** Makes KServe run an object as a Deployment even if its default is to run it on Knative, which a cluster may lack. */
const DEPLOYED = { 'serving.kserve.io/deploymentMode': 'RawDeployment' };

/**
 * Makes the KServe objects of a plan: an InferenceService for each stage with the planned replicas, and an InferenceGraph that
 * passes each stage's response to the next stage. A graph has no queue, so the items of one request are one batch. The conditions
 * of a graph route a whole response, and not single items, so a graph cannot express a cascade. Nothing in a graph would use
 * standbys, so the objects have the plan without them.
 * @throws NotDeployableError, EditedPlanError, CascadeUnsupportedError
 */
export function kserveObjects(given: Plan, pipeline: Pipeline, settings: PodSettings): KubernetesObject[] {
  checkDeployable(given);
  const cascades = given.stages.flatMap(({ escalation }) => escalation?.from ?? []);
  if (cascades.length > 0) throw new CascadeUnsupportedError(cascades);
  const plan = withoutStandbys(given);
  const object = planObject(plan, settings);
  return [
    {
      ...object,
      metadata: { ...object.metadata, name: planName(plan), labels: kserveLabels(plan.pipeline) },
    },
    ...plan.stages.map((stage) => inferenceService(plan, stage, pipeline, settings)),
    inferenceGraph(plan, settings),
  ];
}

/** The plan as a graph runs it: in a burst, nothing downshifts. */
export const withoutStandbys = ({ downshift: _, ...plan }: Plan): Plan => ({
  ...plan,
  stages: plan.stages.map(({ standby: __, ...row }) => row),
});

/** Name of the plan's ConfigMap, different from that of `ipa-agent apply`, so that both can serve a pipeline in one namespace. */
const planName = ({ pipeline }: Plan): string => kubernetesName(pipeline, 'kserve-plan');

function inferenceService(
  plan: Plan,
  stage: PlanStage,
  pipeline: Pipeline,
  settings: PodSettings,
): KubernetesObject {
  const name = objectNames(plan.pipeline).stage(stage.name);
  const pod = servingPod(settings, {
    ...{ name: 'kserve-container', plan: planName(plan) },
    args: [
      'stage',
      ...['--stage', stage.name, '--plan', PLAN_FILE, '--manifest', settings.manifest],
      // KServe addresses a model by the name of its InferenceService.
      ...['--model-name', name, '--host', '::', '--port', String(PORT)],
    ],
    resources: stageResources(pipeline, plan, [stage]),
    // By default KServe uses version 1 of the protocol for a custom container.
    env: [{ name: 'PROTOCOL', value: 'v2' }],
    nodeSelector: nodeSelector(plan.profile.device, settings.nodeSelector),
    slaMs: plan.slaMs,
    leaveS: LEAVE_S,
  });
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name,
      namespace: settings.namespace,
      labels: kserveLabels(plan.pipeline),
      // KServe starts no autoscaler, because the plan sets the number of replicas.
      annotations: { ...DEPLOYED, 'serving.kserve.io/autoscalerClass': 'none' },
    },
    spec: {
      predictor: {
        minReplicas: stage.replicas,
        maxReplicas: stage.replicas,
        timeout: Math.max(1, Math.ceil(plan.slaMs / 1000)),
        ...pod,
      },
    },
  };
}

const inferenceGraph = (plan: Plan, { namespace }: PodSettings): KubernetesObject => ({
  apiVersion: 'serving.kserve.io/v1alpha1',
  kind: 'InferenceGraph',
  metadata: {
    name: kubernetesName(plan.pipeline),
    namespace,
    labels: kserveLabels(plan.pipeline),
    annotations: DEPLOYED,
  },
  spec: {
    nodes: {
      root: {
        routerType: 'Sequence',
        steps: plan.stages.map(({ name }, i) => ({
          name: kubernetesName(name),
          serviceName: objectNames(plan.pipeline).stage(name),
          ...(i > 0 && { data: '$response' }),
        })),
      },
    },
  },
});
