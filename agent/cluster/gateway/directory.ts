import type { Endpoint } from '../engine.ts';
import { NoReplicaError } from '../errors.ts';
import type { ReplicaCounts } from '../replica-plan.ts';

/**
 * The replicas that serve. Workers of the executor borrow them; workers with the same session never share a replica.
 *
 * A stage is served by its ready replicas. While it has none, its leaving replicas serve; while it has none of these either, the
 * replicas that were ready before: an engine that has lost sight of a machine calls replicas unready that still answer.
 */
export class Directory {
  #endpoints: readonly Endpoint[] = [];
  /** URLs of the replicas that have been ready. */
  #wereReady: ReadonlySet<string> = new Set();
  /** Sessions of the workers that borrow a replica, by the replica's URL. */
  readonly #lent = new Map<string, Set<string>>();
  /** Callbacks of the workers that borrow a replica, by the replica's URL. */
  readonly #borrowers = new Map<string, Set<(reason: string) => void>>();

  /** Takes the engine's present replicas. @returns the stages that have replicas to serve, but none that is ready */
  update(endpoints: readonly Endpoint[]): string[] {
    this.#wereReady = new Set(
      endpoints.flatMap(({ url, state }) => (state === 'ready' || this.#wereReady.has(url) ? [url] : [])),
    );
    const stages = [...new Set(endpoints.map(({ stage }) => stage))];
    this.#endpoints = stages.flatMap((stage) => this.#servingOf(stage, endpoints));
    const serving = new Set(this.#endpoints.map(({ url }) => url));
    for (const [url, borrowers] of this.#borrowers)
      if (!serving.has(url))
        for (const onLeave of [...borrowers]) onLeave('its replica does not serve any more');
    const ready = new Set(endpoints.flatMap(({ stage, state }) => (state === 'ready' ? [stage] : [])));
    return Object.keys(this.counts).filter((stage) => !ready.has(stage));
  }

  #servingOf(stage: string, endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const own = endpoints.filter((endpoint) => endpoint.stage === stage);
    const choices = [
      own.filter(({ state }) => state === 'ready'),
      own.filter(({ state }) => state === 'leaving'),
      own.filter(({ url }) => this.#wereReady.has(url)),
    ];
    return choices.find((choice) => choice.length > 0) ?? [];
  }

  get counts(): ReplicaCounts {
    const counts: Record<string, number> = {};
    for (const { stage } of this.#endpoints) counts[stage] = (counts[stage] ?? 0) + 1;
    return counts;
  }

  /**
   * Lends a replica that serves a stage to a worker.
   * @param session workers with the same session get different replicas
   * @param onLeave called when the replica no longer serves
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
