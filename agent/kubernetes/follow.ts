import { sleep } from '../../workers/executor/clock.ts';
import { message } from '../../workers/runtime/errors.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../cluster/back-off.ts';
import type { Follower } from '../cluster/engine.ts';
import type { KubernetesApi, ListRef } from './api.ts';
import { ExpiredError } from './errors.ts';
import type { KubernetesObject } from './objects/types.ts';

/**
 * Reports objects and their changes until the signal aborts: lists the objects, watches them from then on, and lists them again
 * if the API server was unreachable or the watch expired. Until the list is read, the last reported state stays.
 */
export async function follow(
  api: KubernetesApi,
  ref: ListRef,
  { onChange, onEvent, signal }: Follower<readonly KubernetesObject[]>,
  backOff: BackOff = BACK_OFF,
): Promise<void> {
  const objects = new Map<string, KubernetesObject>();
  let resourceVersion: string | undefined;
  let failures = 0;
  let gone = false;
  while (!signal.aborted) {
    try {
      if (resourceVersion === undefined) {
        const listed = await api.list(ref);
        objects.clear();
        for (const object of listed.items) objects.set(object.metadata.name, object);
        resourceVersion = listed.resourceVersion;
        if (gone) onEvent(`the API server is back: ${ref.kind} followed again`);
        gone = false;
        onChange([...objects.values()]);
      }
      const beganMs = performance.now();
      try {
        for await (const { type, object } of api.watch(ref, resourceVersion, signal)) {
          resourceVersion = object.metadata.resourceVersion as string;
          failures = 0;
          if (type === 'BOOKMARK') continue;
          if (type === 'DELETED') objects.delete(object.metadata.name);
          else objects.set(object.metadata.name, object);
          onChange([...objects.values()]);
        }
      } finally {
        // While nothing changes, a watch brings nothing, and proxies often cut it. If it lasted longer than any pause, it has worked.
        if (performance.now() - beganMs > backOff.pauseMsMax) failures = 0;
      }
      // The pause avoids a busy loop if the server ends each watch at once. The next watch reports the changes made during the
      // pause.
      await sleep(pauseMs(backOff, 1), signal);
    } catch (error) {
      if (signal.aborted) return;
      resourceVersion = undefined;
      failures++;
      const expired = error instanceof ExpiredError;
      // After an expired watch, this lists the objects again at once, but after a pause if the try before failed, too.
      if (expired && failures === 1) continue;
      if (!expired && !gone) onEvent(`${ref.kind} cannot be followed: ${message(error)}`);
      gone ||= !expired;
      await sleep(pauseMs(backOff, failures), signal);
    }
  }
}
