import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { checkDeployable, plannedGroups } from '../../cluster/replica-plan.ts';
import type { PodSettings } from '../settings.ts';
import { gatewayObjects } from './gateway.ts';
import { objectLabels, objectNames } from './labels.ts';
import { podMonitor } from './monitor.ts';
import { PLAN_KEY } from './pods.ts';
import { stageObjects } from './stage.ts';
import type { KubernetesObject } from './types.ts';

/** Annotation of the plan's ConfigMap with the pod settings as JSON. */
export const SETTINGS = 'ipa-edge/settings';
/** Annotation with the pod settings of the previous plan. */
export const PREVIOUS_SETTINGS = 'ipa-edge/previous-settings';

/**
 * Makes the objects that serve a plan, in the order to apply them, except the Secret with the token, which is created once in
 * the cluster. Pod templates do not name variant and batch, so that changing these replaces no pod: the gateway changes them
 * while the pods run.
 * @param previous release for a rollback; null if there is none
 * @throws NotDeployableError, EditedPlanError
 */
export function kubernetesObjects(
  plan: Plan,
  pipeline: Pipeline,
  settings: PodSettings,
  previous: Release | null = null,
): KubernetesObject[] {
  checkDeployable(plan);
  const sources = { plan, pipeline, settings };
  return [
    planObject(plan, settings, previous),
    ...plannedGroups(plan).flatMap((group) => stageObjects(sources, group)),
    ...gatewayObjects(sources),
    ...(settings.monitor === null ? [] : [podMonitor(plan.pipeline, settings)]),
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
    labels: objectLabels(plan.pipeline, 'plan'),
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
