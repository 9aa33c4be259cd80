import { parseJson } from '../../solver/documents/document.ts';
import { PLAN, type Plan, planSchema } from '../../solver/documents/plan.ts';
import { message } from '../../workers/runtime/errors.ts';
import { objectNames } from './objects/labels.ts';
import { PLAN_KEY } from './objects/pods.ts';
import { PREVIOUS_KEY, PREVIOUS_SETTINGS, SETTINGS } from './objects/serving.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Place } from './place.ts';
import { keptSettings, type PodSettings } from './settings.ts';

/** The ConfigMap that holds a pipeline's plans. */
export const planRef = ({ pipeline, namespace }: Place) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: objectNames(pipeline).plan, namespace },
});

/** A pipeline's applied plans and settings. */
export interface Applied {
  /** The plan that serves, and the plan for a rollback; null where there is none. */
  readonly current: Plan | null;
  readonly previous: Plan | null;
  /** Pod settings of the current plan; null if no plan was applied. */
  readonly settings: PodSettings | null;
  /** Pod settings of the previous plan; null if there is no such plan, or an earlier version of the agent applied it. */
  readonly previousSettings: PodSettings | null;
  /** The version of the ConfigMap that was read; undefined if there is none. */
  readonly resourceVersion: string | undefined;
}

/**
 * Reads the applied plans and settings.
 * @param onUnreadable gets why a stored plan cannot be read; that plan then counts as absent. If this parameter is absent, such a
 * plan is an error
 * @throws InvalidDocumentError, UnsupportedDocumentError if the ConfigMap was edited, or another version of the agent wrote it
 */
export async function readApplied(place: Place, onUnreadable?: (why: string) => void): Promise<Applied> {
  const object = await place.api.read(planRef(place));
  const planIn = (key: string): Plan | null => {
    try {
      return planAt(object, key);
    } catch (error) {
      if (!onUnreadable) throw error;
      onUnreadable(`no rollback returns to a stored plan that cannot be read: ${message(error)}`);
      return null;
    }
  };
  const settingsAt = (annotation: string): PodSettings | null => {
    const text = object?.metadata.annotations?.[annotation];
    if (text === undefined) return null;
    return { namespace: place.namespace, ...parseJson(keptSettings, text, sourceOf(object!, annotation)) };
  };
  return {
    current: planIn(PLAN_KEY),
    previous: planIn(PREVIOUS_KEY),
    settings: settingsAt(SETTINGS),
    previousSettings: settingsAt(PREVIOUS_SETTINGS),
    resourceVersion: object?.metadata.resourceVersion as string | undefined,
  };
}

/** Reads a plan from a key of the ConfigMap; null if the key or the ConfigMap does not exist. @throws InvalidDocumentError */
export function planAt(object: KubernetesObject | null | undefined, key: string): Plan | null {
  const text = (object?.data as Record<string, string> | undefined)?.[key];
  return text === undefined ? null : parseJson(planSchema, text, sourceOf(object!, key), PLAN);
}

const sourceOf = ({ metadata }: KubernetesObject, key: string): string =>
  `ConfigMap ${metadata.name}, ${key}`;
