import type { Endpoint } from '../engine.ts';
import { NoReplicaError } from '../errors.ts';
import type { ReplicaGroup } from '../replica-plan.ts';

/**
 * Tells a worker that its replica no longer serves.
 * @param planned whether the engine ends the replica on purpose, as when a plan wants fewer
 */
export type OnLeave = (reason: string, planned: boolean) => void;

/** A replica that serves, with the stages that it serves. */
interface Serving {
  readonly url: string;
  readonly stages: readonly string[];
}

/**
 * The replicas that serve. Workers of the executor borrow them; workers with the same session never share a replica.
 *
 * A stage is served by its ready replicas. While it has none, its leaving replicas serve; while it has none of these either, the
 * replicas that were ready before: an engine that has lost sight of a machine calls replicas unready that still answer.
 */
export class Directory {
  #serving: readonly Serving[] = [];
  /** URLs of the replicas that have been ready. */
  #wereReady: ReadonlySet<string> = new Set();
  /** URLs of the replicas that have been leaving. */
  #wereLeaving: ReadonlySet<string> = new Set();
  /** Sessions of the workers that borrow a replica, by the replica's URL. */
  readonly #lent = new Map<string, Set<string>>();
  /** Callbacks of the workers that borrow a replica, by the replica's URL. */
  readonly #borrowers = new Map<string, Set<OnLeave>>();

  /** Takes the engine's present replicas. @returns the stages that have replicas to serve, but none that is ready */
  update(endpoints: readonly Endpoint[]): string[] {
    this.#wereReady = new Set(
      endpoints.flatMap(({ url, state }) => (state === 'ready' || this.#wereReady.has(url) ? [url] : [])),
    );
    const leaving = endpoints.flatMap(({ url, state }) => (state === 'leaving' ? [url] : []));
    // One that serves while it leaves is told of only when it is gone.
    const ending = new Set([...this.#wereLeaving, ...leaving]);
    const stages = [...new Set(endpoints.map(({ stage }) => stage))];
    const served = stages.flatMap((stage) => this.#servingOf(stage, endpoints));
    const serving = new Set(served.map(({ url }) => url));
    this.#serving = [...serving].map((url) => ({
      url,
      stages: served.flatMap((one) => (one.url === url ? [one.stage] : [])),
    }));
    for (const [url, borrowers] of this.#borrowers)
      if (!serving.has(url))
        for (const onLeave of [...borrowers])
          if (ending.has(url)) onLeave('its replica ends', true);
          else onLeave('its replica does not serve any more', false);
    this.#wereLeaving = new Set(leaving);
    const ready = new Set(endpoints.flatMap(({ stage, state }) => (state === 'ready' ? [stage] : [])));
    return stages.filter((stage) => !ready.has(stage) && this.serves(stage));
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

  /** Whether a replica serves a stage. */
  serves(stage: string): boolean {
    return this.#serving.some(({ stages }) => stages.includes(stage));
  }

  /** The replicas that serve, by the stages that they hold. */
  get groups(): ReplicaGroup[] {
    const groups = new Map<string, ReplicaGroup>();
    for (const { stages } of this.#serving) {
      const key = [...stages].sort().join(' ');
      groups.set(key, { stages, replicas: 1 + (groups.get(key)?.replicas ?? 0) });
    }
    return [...groups.values()];
  }

  /**
   * Lends a replica that serves these stages, and no others, to a worker.
   * @param session workers with the same session get different replicas
   * @param onLeave called when the replica no longer serves
   * @throws NoReplicaError
   */
  lend(
    stages: readonly string[],
    session: string,
    onLeave: OnLeave,
  ): { readonly url: string; giveBack(): void } {
    const free = this.#serving.filter(
      (replica) =>
        replica.stages.length === stages.length &&
        stages.every((stage) => replica.stages.includes(stage)) &&
        !(this.#lent.get(replica.url)?.has(session) ?? false),
    );
    // During a switch of plans a replica may run two sessions, but an idle replica is faster.
    const [replica] = free.sort((a, b) => this.#sessions(a) - this.#sessions(b));
    if (!replica) throw new NoReplicaError(stages.join(', '));
    const { url } = replica;
    const lent = entry(this.#lent, url);
    const borrowers = entry(this.#borrowers, url);
    lent.add(session);
    borrowers.add(onLeave);
    return {
      url,
      giveBack() {
        lent.delete(session);
        borrowers.delete(onLeave);
      },
    };
  }

  #sessions({ url }: Serving): number {
    return this.#lent.get(url)?.size ?? 0;
  }
}

function entry<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  const found = map.get(key) ?? new Set<T>();
  map.set(key, found);
  return found;
}
