import { sleep } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { ChangedMeanwhileError } from '../../kubernetes/errors.ts';
import type { KubernetesObject } from '../../kubernetes/export/types.ts';

export interface LeaseOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly name: string;
  /** Of this process, and of no other. */
  readonly identity: string;
  /** Whoever has not renewed it for so long does not lead any more. */
  readonly durationMs?: number;
  readonly signal: AbortSignal;
  onEvent(what: string): void;
}

const DURATION_MS = 15_000;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}
type Lease = KubernetesObject & { readonly spec: LeaseSpec };

/**
 * Leads where nobody else does, by a Lease of the cluster: at most one of those who ask for the same does at a time. Whoever
 * cannot renew it stops to lead before another may begin; clocks need not agree, since each only measures how long the lease
 * has not changed.
 */
export class Leadership {
  readonly #durationMs: number;
  /** When this process renewed the lease last; undefined: it does not lead. */
  #renewedMs: number | undefined;
  /** The lease of another as it was seen last, and since when. */
  #seen: { readonly version: unknown; readonly sinceMs: number } | undefined;

  constructor(private readonly options: LeaseOptions) {
    this.#durationMs = options.durationMs ?? DURATION_MS;
  }

  /** Calls `lead` whenever this process begins to lead, with a signal that aborts when it does not any more. */
  async run(lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal, onEvent } = this.options;
    let leading: { stop: AbortController; ended: Promise<void> } | undefined;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.#try();
        failing = false;
      } catch (error) {
        if (!failing) onEvent(`the lease cannot be asked for: ${message(error)}`);
        failing = true;
      }
      if (this.#leads && !leading) {
        onEvent('leading');
        const stop = new AbortController();
        leading = { stop, ended: lead(stop.signal) };
      }
      // Before it expires, so that nobody else leads meanwhile.
      const untilMs = this.#leads ? this.#renewedMs! + (2 / 3) * this.#durationMs - performance.now() : 0;
      if (leading && untilMs <= 0) {
        leading.stop.abort(new Error('another one leads'));
        await leading.ended;
        leading = undefined;
        this.#renewedMs = undefined;
        onEvent('not leading any more');
      }
      const pauseMs = this.#durationMs / 5;
      await sleep(leading ? Math.min(pauseMs, Math.max(1, untilMs)) : pauseMs, signal);
    }
    leading?.stop.abort(signal.reason);
    await leading?.ended;
    await this.#release();
  }

  get #leads(): boolean {
    return this.#renewedMs !== undefined;
  }

  async #try(): Promise<void> {
    const { cluster, identity } = this.options;
    const lease = (await cluster.read(this.#object({}))) as Lease | null;
    const askedMs = performance.now();
    try {
      if (lease === null) await cluster.create(this.#object(this.#held(0)));
      else {
        const { spec, metadata } = lease;
        const mine = spec.holderIdentity === identity;
        if (!mine && this.#isHeld(lease)) {
          this.#renewedMs = undefined;
          return;
        }
        const held = this.#held((spec.leaseTransitions ?? 0) + (mine ? 0 : 1));
        const acquired = mine && spec.acquireTime ? { acquireTime: spec.acquireTime } : {};
        await cluster.replace({ ...this.#object({ ...held, ...acquired }), metadata });
      }
      this.#renewedMs = askedMs;
    } catch (error) {
      // Another one was quicker.
      if (!(error instanceof ChangedMeanwhileError)) throw error;
      this.#renewedMs = undefined;
    }
  }

  /** Whether another one may still lead: the lease has changed within its duration, as seen from here. */
  #isHeld({ spec, metadata }: Lease): boolean {
    const now = performance.now();
    const { resourceVersion: version } = metadata;
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: now };
    const durationMs = Math.max(this.#durationMs, 1000 * (spec.leaseDurationSeconds ?? 0));
    return Boolean(spec.holderIdentity) && now - this.#seen!.sinceMs < durationMs;
  }

  /** The next one need not wait. */
  async #release(): Promise<void> {
    if (!this.#leads) return;
    this.#renewedMs = undefined;
    const { cluster, identity } = this.options;
    const lease = (await cluster.read(this.#object({})).catch(() => null)) as Lease | null;
    if (lease?.spec.holderIdentity !== identity) return;
    const spec = { ...lease.spec, holderIdentity: '' };
    await cluster.replace({ ...lease, spec }).catch(() => {});
  }

  #held(leaseTransitions: number): LeaseSpec {
    // Times of a lease have microseconds.
    const now = new Date().toISOString().replace('Z', '000Z');
    return {
      holderIdentity: this.options.identity,
      leaseDurationSeconds: Math.max(1, Math.round(this.#durationMs / 1000)),
      acquireTime: now,
      renewTime: now,
      leaseTransitions,
    };
  }

  #object(spec: LeaseSpec): Lease {
    const { namespace, name } = this.options;
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
  }
}
