import type { Endpoint } from '../engine.ts';
import { NoReplicaError } from '../errors.ts';
import type { ReplicaCounts } from '../replica-plan.ts';

/** The replicas that are ready. Workers of the executor borrow them; workers with the same session never share a replica. */
export class Directory {
  #endpoints: readonly Endpoint[] = [];
  /** Sessions of the workers that borrow a replica, by the replica's URL. */
  readonly #lent = new Map<string, Set<string>>();
  /** Callbacks of the workers that borrow a replica, by the replica's URL. */
  readonly #borrowers = new Map<string, Set<(reason: string) => void>>();

  update(endpoints: readonly Endpoint[]): void {
    const ready = new Set(endpoints.map(({ url }) => url));
    this.#endpoints = endpoints;
    for (const [url, borrowers] of this.#borrowers)
      if (!ready.has(url)) for (const onLeave of [...borrowers]) onLeave('its replica is not ready any more');
  }

  get counts(): ReplicaCounts {
    const counts: Record<string, number> = {};
    for (const { stage } of this.#endpoints) counts[stage] = (counts[stage] ?? 0) + 1;
    return counts;
  }

  /**
   * Lends a ready replica of a stage to a worker.
   * @param session workers with the same session get different replicas
   * @param onLeave called when the replica is no longer ready
   * @throws NoReplicaError
   */
  lend(
    stage: string,
    session: string,
    onLeave: (reason: string) => void,
  ): { readonly endpoint: Endpoint; giveBack(): void } {
    const free = this.#endpoints.filter(
      (endpoint) => endpoint.stage === stage && !(this.#lent.get(endpoint.url)?.has(session) ?? false),
    );
    // During a switch of plans a replica may run two sessions, but an idle replica is faster.
    const [endpoint] = free.sort((a, b) => this.#sessions(a) - this.#sessions(b));
    if (!endpoint) throw new NoReplicaError(stage);
    const lent = entry(this.#lent, endpoint.url);
    const borrowers = entry(this.#borrowers, endpoint.url);
    lent.add(session);
    borrowers.add(onLeave);
    return {
      endpoint,
      giveBack() {
        lent.delete(session);
        borrowers.delete(onLeave);
      },
    };
  }

  #sessions({ url }: Endpoint): number {
    return this.#lent.get(url)?.size ?? 0;
  }
}

function entry<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  const found = map.get(key) ?? new Set<T>();
  map.set(key, found);
  return found;
}
