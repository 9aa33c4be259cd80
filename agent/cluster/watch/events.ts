import { randomBytes } from 'node:crypto';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planRef } from '../../kubernetes/apply.ts';
import { type Cluster, FIELD_MANAGER } from '../../kubernetes/cluster.ts';

/** Events hold so much. */
const MOST_LETTERS = 1000;

const choiceText = ({ stages }: Plan): string =>
  stages.map(({ variant, batch, replicas }) => `${variant} b${batch} ×${replicas}`).join(' → ');

/** What a change of plan is, in a line. */
export const planChangeText = (before: Plan, after: Plan): string =>
  `${choiceText(before)} became ${choiceText(after)}, for ${+after.ratePerS.toFixed(2)} requests/s within ` +
  `${after.slaMs} ms; PAS ${after.predicted.pas.toFixed(3)}, cost ${after.predicted.cost.toFixed(2)}`;

/** Writes to the cluster what happened to the plan: `kubectl events --for configmap/…-plan` shows the history. */
export async function recordEvent(
  cluster: Cluster,
  pipeline: string,
  namespace: string,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly text: string },
): Promise<void> {
  const { apiVersion, kind, metadata } = planRef(pipeline, namespace);
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await cluster.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${metadata.name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: { apiVersion, kind, name: metadata.name, namespace },
    type: event.type,
    reason: event.reason,
    message: event.text.slice(0, MOST_LETTERS),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: FIELD_MANAGER },
    reportingComponent: FIELD_MANAGER,
    reportingInstance: '',
  });
}
