import { onGpu } from '../../../solver/documents/common.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { plannedGroups } from '../../cluster/replica-plan.ts';
import { describingLabels, objectNames, ownLabels } from './labels.ts';
import type { KubernetesObject } from './types.ts';

/** The gateways' gauge of the replicas of a stage that the plan for the coming load wants. */
const FORESEEN = 'ipa_edge_stage_replicas_foreseen';

/**
 * Lets an autoscaler of Kubernetes set the replicas of each stage, to those that the plan foresees. Each of the deployments gets one,
 * and leaves out its own number of replicas, which would undo the autoscaler's.
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
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        labels: { ...ownLabels(plan.pipeline), ...describingLabels(plan.pipeline, 'autoscaler') },
      },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 1,
        maxReplicas: Math.max(replicas, replicasMax(plan, stages)),
        metrics: [
          {
            type: 'External',
            external: {
              metric: { name: FORESEEN, selector: { matchLabels: { stage: stages[0]! } } },
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

/** The replicas that the plan's cores or GPUs are enough for. */
function replicasMax({ stages, resources }: Plan, held: readonly string[]): number {
  const { backend, threads } = stages.find(({ name }) => name === held[0])!;
  return Math.max(1, onGpu(backend) ? resources.gpus : Math.floor(resources.cores / threads));
}
