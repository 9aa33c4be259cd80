import { sleep } from '../../workers/executor/clock.ts';
import { message } from '../../workers/runtime/errors.ts';
import type { Cluster, ListRef } from './cluster.ts';
import { ExpiredError } from './errors.ts';
import type { KubernetesObject } from './export/types.ts';

/** Pauses after a failure: doubled each time, up to the last. */
export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
}
export const BACK_OFF: BackOff = { firstMs: 500, mostMs: 15_000 };

export const pauseMs = ({ firstMs, mostMs }: BackOff, failures: number): number =>
  // Spread, so that not everybody comes back at once.
  Math.min(mostMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);

export interface Followed {
  /** What there is now, whenever it changes. */
  onChange(objects: readonly KubernetesObject[]): void;
  /** The server is gone, or back. */
  onEvent(what: string): void;
  readonly signal: AbortSignal;
  readonly backOff?: BackOff;
}

/**
 * Keeps up with objects until the signal aborts: lists them, watches from there, and lists them again when the server has
 * forgotten where that was, or was gone. What was known stays until something newer is.
 */
export async function follow(cluster: Cluster, ref: ListRef, followed: Followed): Promise<void> {
  const { onChange, onEvent, signal, backOff = BACK_OFF } = followed;
  const objects = new Map<string, KubernetesObject>();
  let resourceVersion: string | undefined;
  let failures = 0;
  let gone = false;
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        const listed = await cluster.list(ref);
        objects.clear();
        for (const object of listed.items) objects.set(object.metadata.name, object);
        resourceVersion = listed.resourceVersion;
        if (gone) onEvent(`the API server is back: ${ref.kind} followed again`);
        gone = false;
        onChange([...objects.values()]);
      }
      for await (const { type, object } of cluster.watch(ref, resourceVersion, signal)) {
        resourceVersion = object.metadata.resourceVersion as string;
        failures = 0;
        if (type === 'BOOKMARK') continue;
        if (type === 'DELETED') objects.delete(object.metadata.name);
        else objects.set(object.metadata.name, object);
        onChange([...objects.values()]);
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      resourceVersion = undefined;
      failures++;
      const expired = error instanceof ExpiredError;
      // What has expired is listed again at once, unless it keeps expiring.
      if (expired && failures === 1) continue;
      if (!expired && !gone) onEvent(`${ref.kind} cannot be followed: ${message(error)}`);
      gone ||= !expired;
      await sleep(pauseMs(backOff, failures), signal);
    }
  }
}
