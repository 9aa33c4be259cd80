import { randomBytes } from 'node:crypto';
import type { EngineEvent } from '../cluster/engine.ts';
import { FIELD_MANAGER, type KubernetesApi } from './api.ts';
import { ofOptionalKind } from './left-over.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Place } from './place.ts';
import { planRef } from './plans.ts';

/** The warning events of a namespace, those of an object oldest first; none for an account that may not list them. */
export const warningsIn = (api: KubernetesApi, namespace: string): Promise<KubernetesObject[]> =>
  ofOptionalKind(api, { apiVersion: 'v1', kind: 'Event', namespace, fields: 'type=Warning' });

/** Longer messages are cut to this many characters, about the 1024 bytes to which `events.k8s.io/v1` limits them. */
const MESSAGE_LETTERS_MAX = 1000;

/** Records a Kubernetes Event for the plan's ConfigMap: `kubectl events --for configmap/…-plan` lists the history of plans. */
export async function recordEvent(place: Place, { type, reason, text }: EngineEvent): Promise<void> {
  const { api, namespace } = place;
  const { apiVersion, kind, metadata } = planRef(place);
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await api.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${metadata.name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: { apiVersion, kind, name: metadata.name, namespace },
    type,
    reason,
    message: text.slice(0, MESSAGE_LETTERS_MAX),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: FIELD_MANAGER },
    reportingComponent: FIELD_MANAGER,
    reportingInstance: '',
  });
}
