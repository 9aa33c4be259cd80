import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { labelValue } from '../../cluster/names.ts';
import { plannedGroups } from '../../cluster/replica-plan.ts';
import { objectLabels, objectNames } from './labels.ts';
import type { KubernetesObject } from './types.ts';

export const AUTOSCALER = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;

/** Name of the gateways' gauge for the number of replicas that the plan for the coming load wants for a stage. */
const FORESEEN = 'ipa_edge_stage_replicas_foreseen';

/**
 * Returns the objects and a HorizontalPodAutoscaler for each deployment of stages. The autoscaler sets the number of replicas
 * that the plan for the coming load wants. These deployments leave out `replicas`, which would undo the autoscaler's choice.
 */
export const autoscaled = (plan: Plan, objects: readonly KubernetesObject[]): KubernetesObject[] => [
  ...objects.map((object) => {
    if (object.kind !== 'Deployment' || !groupOf(plan, object.metadata.name)) return object;
    const { replicas: _, ...spec } = object.spec as { readonly replicas: number };
    return { ...object, spec };
  }),
  ...plannedGroups(plan).map(({ stages, replicas }) => {
    const name = objectNames(plan.pipeline).pods(stages);
    const { namespace } = objects[0]!.metadata;
    return {
      ...AUTOSCALER,
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        labels: objectLabels(plan.pipeline, 'autoscaler'),
      },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 1,
        maxReplicas: Math.max(replicas, replicasMax(plan, stages)),
        metrics: [
          {
            type: 'External',
            external: {
              // Stages of two pipelines in one namespace may have the same name, so the selector names both pipeline and stage.
              metric: {
                name: FORESEEN,
                selector: {
                  matchLabels: { pipeline: labelValue(plan.pipeline), stage: labelValue(stages[0]!) },
                },
              },
              // The autoscaler divides the metric by this, and so runs as many replicas as the metric says.
              target: { type: 'AverageValue', averageValue: '1' },
            },
          },
        ],
      },
    };
  }),
];

const groupOf = (plan: Plan, deployment: string) =>
  plannedGroups(plan).find(({ stages }) => objectNames(plan.pipeline).pods(stages) === deployment);

/** The number of replicas for which the plan's cores or GPUs suffice. */
function replicasMax({ stages, resources }: Plan, held: readonly string[]): number {
  const { backend, threads } = stages.find(({ name }) => name === held[0])!;
  return onGpu(backend) ? resources.gpus : Math.floor(resources.cores / threads);
}
