import type { Endpoint } from '../cluster/engine.ts';
import { kubernetesName } from '../cluster/names.ts';
import { STAGE_LABEL } from './objects/labels.ts';
import type { KubernetesObject } from './objects/types.ts';

interface Conditions {
  readonly ready?: boolean | null;
  readonly serving?: boolean | null;
  readonly terminating?: boolean | null;
}

interface Slice extends KubernetesObject {
  readonly addressType?: string;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: Conditions;
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

/** The endpoints of the stages' pods. @param rows names of the rows that a plan of the pipeline may have */
export function endpointsOf(slices: readonly KubernetesObject[], rows: readonly string[]): Endpoint[] {
  const byLabel = new Map(rows.map((row) => [kubernetesName(row), row]));
  const pods = (slices as readonly Slice[]).flatMap(({ metadata, addressType, endpoints, ports }) => {
    const stage = byLabel.get(metadata.labels?.[STAGE_LABEL] ?? '');
    const port = ports?.find(({ name }) => name === 'http')?.port;
    if (stage === undefined || port === undefined) return [];
    return (endpoints ?? []).map(({ addresses, conditions }) => {
      const host = addressType === 'IPv6' ? `[${addresses[0]}]` : addresses[0];
      return { url: `http://${host}:${port}`, stage, state: stateOf(conditions) };
    });
  });
  // While Kubernetes rewrites EndpointSlices, a pod may be in two of them. A pod that holds several stages is in the slices of
  // each of its stages.
  return [...new Map(pods.map((pod) => [`${pod.stage} ${pod.url}`, pod])).values()];
}

/**
 * A terminating pod is never `ready`, but `serving` as long as its readiness probe succeeds. By the API's definition, a pod whose
 * `ready` is unknown is ready.
 */
const stateOf = ({ ready, serving, terminating }: Conditions = {}): Endpoint['state'] => {
  if (terminating) return serving ? 'leaving' : 'unready';
  return ready === false ? 'unready' : 'ready';
};
