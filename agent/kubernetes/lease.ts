import { sleep } from '../../workers/executor/clock.ts';
import { message } from '../../workers/runtime/errors.ts';
import type { Listener } from '../cluster/engine.ts';
import type { KubernetesApi } from './api.ts';
import { ChangedMeanwhileError } from './errors.ts';
import type { KubernetesObject } from './objects/types.ts';

interface LeaseOptions extends Listener {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** Name of the Lease. All processes that use the same Lease elect one leader. */
  readonly name: string;
  /** Unique name of this process. */
  readonly identity: string;
}

/** Milliseconds without a renewal after which a leader loses the Lease. */
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
 * Elects a leader with a Kubernetes Lease: at most one process leads at a time. A leader that cannot renew the Lease stops
 * before another process may take it. Clocks need not agree: each process measures how long the Lease stays unchanged.
 */
export class Leadership {
  /** Time at which this process last renewed the Lease; undefined if it does not lead. */
  #renewedMs: number | undefined;
  /** The last version read of another holder's Lease, and the time at which this process first read it. */
  #seen: { readonly version: unknown; readonly sinceMs: number } | undefined;

  constructor(private readonly options: LeaseOptions) {}

  /**
   * Calls `lead` each time this process becomes the leader; the signal aborts when it no longer leads.
   * @throws what `lead` throws, after the Lease was given up
   */
  async run(lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { onEvent } = this.options;
    const failed = new AbortController();
    const signal = AbortSignal.any([this.options.signal, failed.signal]);
    let leading: { stop: AbortController; ended: Promise<void> } | undefined;
    let failing = false;
    while (!signal.aborted) {
      const tried = this.#acquireOrRenew().then(
        () => {
          failing = false;
        },
        (error) => {
          if (!failing) onEvent(`the lease cannot be read or renewed: ${message(error)}`);
          failing = true;
        },
      );
      // The API server may take longer to answer than the Lease lasts.
      await (leading ? Promise.race([tried, sleep(this.#leftMs, signal)]) : tried);
      if (this.#leftMs > 0 && !leading) {
        onEvent('leading');
        const stop = new AbortController();
        leading = { stop, ended: lead(stop.signal).catch((error) => failed.abort(error)) };
      }
      if (leading && this.#leftMs <= 0) {
        leading.stop.abort(new Error('the lease was lost'));
        await leading.ended;
        leading = undefined;
        this.#renewedMs = undefined;
        onEvent('not leading any more');
      }
      const pauseMs = DURATION_MS / 5;
      await sleep(leading ? Math.min(pauseMs, Math.max(1, this.#leftMs)) : pauseMs, signal);
    }
    leading?.stop.abort(signal.reason);
    await leading?.ended;
    await this.#release();
    failed.signal.throwIfAborted();
  }

  /**
   * Milliseconds for which this process may still lead; 0 if it does not lead. The last third of the duration is for `lead` to
   * end before another process may take the Lease.
   */
  get #leftMs(): number {
    if (this.#renewedMs === undefined) return 0;
    return Math.max(0, this.#renewedMs + (2 / 3) * DURATION_MS - performance.now());
  }

  async #acquireOrRenew(): Promise<void> {
    const { api, identity } = this.options;
    const lease = (await api.read(this.#object({}))) as Lease | null;
    const askedMs = performance.now();
    try {
      if (lease === null) await api.create(this.#object(this.#spec(0)));
      else {
        const { spec, metadata } = lease;
        const mine = spec.holderIdentity === identity;
        if (!mine && this.#mayBeHeld(lease)) {
          this.#renewedMs = undefined;
          return;
        }
        const held = this.#spec((spec.leaseTransitions ?? 0) + (mine ? 0 : 1));
        const acquired = mine && spec.acquireTime ? { acquireTime: spec.acquireTime } : {};
        await api.replace({ ...this.#object({ ...held, ...acquired }), metadata });
      }
      this.#renewedMs = askedMs;
    } catch (error) {
      // Another process changed the Lease first, so this one does not lead.
      if (!(error instanceof ChangedMeanwhileError)) throw error;
      this.#renewedMs = undefined;
    }
  }

  /** Whether the Lease's holder may still lead, because the Lease changed within the duration on this process's clock. */
  #mayBeHeld({ spec, metadata }: Lease): boolean {
    const now = performance.now();
    const { resourceVersion: version } = metadata;
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: now };
    const durationMs = Math.max(DURATION_MS, 1000 * (spec.leaseDurationSeconds ?? 0));
    return Boolean(spec.holderIdentity) && now - this.#seen!.sinceMs < durationMs;
  }

  /** Clears the holder, so that another process can lead at once, before the Lease expires. */
  async #release(): Promise<void> {
    if (this.#leftMs === 0) return;
    const { api, identity } = this.options;
    const lease = (await api.read(this.#object({})).catch(() => null)) as Lease | null;
    if (lease?.spec.holderIdentity !== identity) return;
    const spec = { ...lease.spec, holderIdentity: '' };
    await api.replace({ ...lease, spec }).catch(() => {});
  }

  #spec(leaseTransitions: number): LeaseSpec {
    // The API requires microseconds in a Lease's times.
    const now = new Date().toISOString().replace('Z', '000Z');
    return {
      holderIdentity: this.options.identity,
      leaseDurationSeconds: DURATION_MS / 1000,
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
