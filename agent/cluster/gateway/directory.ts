import { clusterName } from '../../kubernetes/export/names.ts';
import { STAGE_LABEL } from '../../kubernetes/export/objects.ts';
import type { PodCounts } from '../../kubernetes/export/pod-plan.ts';
import type { KubernetesObject } from '../../kubernetes/export/types.ts';

/** A pod that can be sent batches. */
export interface Pod {
  /** `http://10.0.0.7:8080` */
  readonly url: string;
  readonly stage: string;
}

/** No pod of a stage is free for a worker. */
export class NoPodError extends Error {
  override name = 'NoPodError';
  constructor(stage: string) {
    super(`Stage ${stage} has no pod that is free. Do its pods come up, and are they ready?`);
  }
}

interface Slice extends KubernetesObject {
  readonly addressType?: string;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null; readonly terminating?: boolean | null };
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

/** The pods that EndpointSlices tell of: those that are ready, and not on their way out. */
export function podsOf(slices: readonly KubernetesObject[], stages: readonly string[]): Pod[] {
  const byLabel = new Map(stages.map((stage) => [clusterName(stage), stage]));
  const pods = (slices as readonly Slice[]).flatMap(({ metadata, addressType, endpoints, ports }) => {
    const stage = byLabel.get(metadata.labels?.[STAGE_LABEL] ?? '');
    const port = ports?.find(({ name }) => name === 'http')?.port;
    if (stage === undefined || port === undefined) return [];
    return (endpoints ?? []).flatMap(({ addresses, conditions }) => {
      // Whose state is not known is to be taken for ready.
      if (conditions?.ready === false || conditions?.terminating === true) return [];
      const host = addressType === 'IPv6' ? `[${addresses[0]}]` : addresses[0];
      return [{ url: `http://${host}:${port}`, stage }];
    });
  });
  // Slices may overlap while they are rewritten.
  return [...new Map(pods.map((pod) => [pod.url, pod])).values()];
}

/** Hands pods out to workers: each pod at most once for the same session. */
export class Directory {
  #pods: readonly Pod[] = [];
  /** What is handed out of a pod, by its URL. */
  readonly #taken = new Map<string, Set<string>>();
  readonly #leaving = new Map<string, Set<(reason: string) => void>>();

  update(pods: readonly Pod[]): void {
    const there = new Set(pods.map(({ url }) => url));
    this.#pods = pods;
    for (const [url, tell] of this.#leaving)
      if (!there.has(url)) for (const leave of [...tell]) leave('its pod is not ready any more');
  }

  /** Pods of each stage. */
  get counts(): PodCounts {
    const counts: Record<string, number> = {};
    for (const { stage } of this.#pods) counts[stage] = (counts[stage] ?? 0) + 1;
    return counts;
  }

  /**
   * A pod of a stage for a session.
   * @param session two workers of the same session need two pods
   * @param onLeave the pod is on its way out
   * @returns and what gives it back @throws NoPodError
   */
  take(stage: string, session: string, onLeave: (reason: string) => void): { pod: Pod; giveBack(): void } {
    const free = this.#pods.filter(
      (pod) => pod.stage === stage && !(this.#taken.get(pod.url)?.has(session) ?? false),
    );
    // One that nothing runs on, sooner than one that is to run two.
    const [pod] = free.sort((a, b) => this.#load(a) - this.#load(b));
    if (!pod) throw new NoPodError(stage);
    const taken = entry(this.#taken, pod.url);
    const leaving = entry(this.#leaving, pod.url);
    taken.add(session);
    leaving.add(onLeave);
    return {
      pod,
      giveBack() {
        taken.delete(session);
        leaving.delete(onLeave);
      },
    };
  }

  #load({ url }: Pod): number {
    return this.#taken.get(url)?.size ?? 0;
  }
}

function entry<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  const found = map.get(key) ?? new Set<T>();
  map.set(key, found);
  return found;
}
