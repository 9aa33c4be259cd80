import { getOrMake } from '../../../solver/math/maps.ts';
import type { Endpoint } from '../engine.ts';
import { NoReplicaError } from '../errors.ts';
import type { ReplicaGroup } from '../replica-plan.ts';

/**
 * Tells a worker that its replica no longer serves.
 * @param planned whether the engine ends the replica on purpose, e.g. because a plan wants fewer replicas
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
 * The ready replicas of a stage serve it. If there are none, its leaving replicas do; if there are none of these either, replicas
 * that were ready before do, because an engine that has lost sight of a machine reports replicas as unready that still answer.
 * Conversely, an engine may report a replica as ready although it has ended, so a replica that gave a worker no answer serves
 * only if no other replica of the stage can.
 */
export class Directory {
  #endpoints: readonly Endpoint[] = [];
  #serving: readonly Serving[] = [];
  /** URLs of the listed replicas that are ready now, or were at any time since the engine first listed them. */
  #wereReady: ReadonlySet<string> = new Set();
  /** URLs of the replicas that were leaving at the last update. */
  #wereLeaving: ReadonlySet<string> = new Set();
  /** URLs of the replicas that gave no answer. */
  #silent: ReadonlySet<string> = new Set();
  /** Callbacks of the workers that borrow a replica, by the replica's URL and the worker's session. */
  readonly #loans = new Map<string, Map<string, OnLeave>>();

  /** @param onSilent called when a replica has become silent */
  constructor(private readonly onSilent: () => void = () => {}) {}

  /** Takes over the engine's list of replicas. @returns the stages that are served, but by no ready replica */
  update(endpoints: readonly Endpoint[]): string[] {
    this.#endpoints = endpoints;
    const urls = endpoints.map(({ url }) => url);
    this.#silent = new Set(urls.filter((url) => this.#silent.has(url)));
    this.#wereReady = new Set(
      endpoints.flatMap(({ url, state }) => (state === 'ready' || this.#wereReady.has(url) ? [url] : [])),
    );
    const leaving = endpoints.flatMap(({ url, state }) => (state === 'leaving' ? [url] : []));
    // When a leaving replica disappears from the list, only the previous update tells that the engine ended it on purpose.
    this.#choose(new Set([...this.#wereLeaving, ...leaving]));
    this.#wereLeaving = new Set(leaving);
    const ready = new Set(endpoints.flatMap(({ stage, state }) => (state === 'ready' ? [stage] : [])));
    return this.#stages.filter((stage) => !ready.has(stage) && this.serves(stage));
  }

  get hasSilent(): boolean {
    return this.#silent.size > 0;
  }

  /** Assumes that silent replicas answer again, until a worker finds them silent once more. */
  tryAgain(): void {
    this.#silent = new Set();
    this.#choose(this.#wereLeaving);
  }

  get #stages(): string[] {
    return [...new Set(this.#endpoints.map(({ stage }) => stage))];
  }

  /**
   * Chooses the replicas that serve, and notifies the workers whose replicas no longer do.
   * @param ending URLs of the replicas that the engine ends on purpose
   */
  #choose(ending: ReadonlySet<string>): void {
    const serving = new Map<string, string[]>();
    for (const stage of this.#stages)
      for (const { url } of this.#servingOf(stage)) getOrMake(serving, url, () => []).push(stage);
    this.#serving = Array.from(serving, ([url, stages]) => ({ url, stages }));
    for (const [url, loans] of [...this.#loans])
      if (!serving.has(url))
        for (const onLeave of [...loans.values()])
          if (ending.has(url)) onLeave('its replica ends', true);
          else onLeave('its replica does not serve any more', false);
  }

  #servingOf(stage: string): readonly Endpoint[] {
    const own = this.#endpoints.filter((endpoint) => endpoint.stage === stage);
    const choices = [
      own.filter(({ state }) => state === 'ready'),
      own.filter(({ state }) => state === 'leaving'),
      own.filter(({ url }) => this.#wereReady.has(url)),
    ];
    const answering = choices.map((choice) => choice.filter(({ url }) => !this.#silent.has(url)));
    return [...answering, ...choices].find((choice) => choice.length > 0) ?? [];
  }

  serves(stage: string): boolean {
    return this.#serving.some(({ stages }) => stages.includes(stage));
  }

  /** The replicas that serve, by the stages that they hold. */
  get groups(): ReplicaGroup[] {
    const groups = new Map<string, ReplicaGroup>();
    for (const { stages } of this.#serving) {
      const key = stages.join(' ');
      groups.set(key, { stages, replicas: 1 + (groups.get(key)?.replicas ?? 0) });
    }
    return [...groups.values()];
  }

  /**
   * Lends a worker a replica that serves exactly these stages.
   * @param session workers with the same session get different replicas
   * @param onLeave called when the replica no longer serves
   * @throws NoReplicaError
   */
  lend(stages: readonly string[], session: string, onLeave: OnLeave): Loan {
    const free = this.#serving.filter(
      (replica) =>
        replica.stages.length === stages.length &&
        stages.every((stage) => replica.stages.includes(stage)) &&
        !this.#loans.get(replica.url)?.has(session),
    );
    // During a switch of plans a replica may run two sessions, but an idle replica is faster.
    const sessions = ({ url }: Serving): number => this.#loans.get(url)?.size ?? 0;
    const [replica] = free.sort((a, b) => sessions(a) - sessions(b));
    if (!replica) throw new NoReplicaError(stages.join(', '));
    const { url } = replica;
    getOrMake(this.#loans, url, () => new Map()).set(session, onLeave);
    const giveBack = () => {
      const present = this.#loans.get(url);
      if (present?.get(session) !== onLeave) return;
      present.delete(session);
      if (present.size === 0) this.#loans.delete(url);
    };
    return {
      url,
      giveBack,
      giveBackSilent: () => {
        giveBack();
        if (this.#silent.has(url) || !this.#endpoints.some((endpoint) => endpoint.url === url)) return;
        this.#silent = new Set([...this.#silent, url]);
        this.#choose(this.#wereLeaving);
        this.onSilent();
      },
    };
  }
}

/** A replica that a worker borrows. */
interface Loan {
  readonly url: string;
  giveBack(): void;
  /** Gives back a replica that gave no answer. */
  giveBackSilent(): void;
}
