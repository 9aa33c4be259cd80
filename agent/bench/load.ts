import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { batchOf, type Item } from '../../models/items/item-batch.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';
import { modelPath } from '../oip/client.ts';
import { encodeRequest, JSON_LENGTH_HEADER } from '../oip/infer.ts';
import { itemsTensor } from '../oip/items.ts';

/** What is asked of a server: items, in turn. */
export interface Target {
  readonly model: string;
  readonly items: readonly Item[];
  readonly format: ItemFormat;
}

/** What became of requests; one of them is a scene, however many came in one HTTP request. */
export interface Sent {
  readonly sent: number;
  /** 503: not let in, or shed. */
  readonly shed: number;
  /** Any other error. */
  readonly failed: number;
  /** Of those that completed: from when they were due, or sent where they followed others. */
  readonly latencyMs: readonly number[];
  /** From when HTTP requests were due until they were sent. */
  readonly latenessMs: readonly number[];
  /** From the first one's sending to the last one's answer. */
  readonly tookMs: number;
  /** Time that the generator took of a core. */
  readonly cpuMs: number;
}

/** Sends requests over connections that are kept, tensors as bytes. They are encoded before, and of an answer only its status is read. */
export class LoadGenerator {
  #target!: Target;

  aim(target: Target): void {
    this.#target = target;
  }

  /** Open loop: each request when it is due, however many have not come back. @param dueMs from now on, rising */
  open(url: string, dueMs: Float64Array): Promise<Sent> {
    return this.#send(url, 1, async (send) => {
      const start = performance.now();
      const answers: Promise<void>[] = [];
      for (const due of dueMs) {
        // Timers may come early.
        while (performance.now() < start + due) await sleep(start + due - performance.now());
        answers.push(send(start + due));
      }
      await Promise.all(answers);
    });
  }

  /** Closed loop: so many at once, each followed by the next one, for so long. @param scenes of each HTTP request */
  closed(url: string, atOnce: number, scenes: number, forMs: number): Promise<Sent> {
    return this.#send(url, scenes, async (send) => {
      const endMs = performance.now() + forMs;
      const one = async () => {
        while (performance.now() < endMs) await send(performance.now());
      };
      await Promise.all(Array.from({ length: atOnce }, one));
    });
  }

  async #send(
    url: string,
    scenes: number,
    drive: (send: (dueMs: number) => Promise<void>) => Promise<void>,
  ): Promise<Sent> {
    const pool = new Pool(url);
    const requests = this.#requests(scenes);
    const tally = { sent: 0, shed: 0, failed: 0, latencyMs: [] as number[], latenessMs: [] as number[] };
    let next = 0;
    const send = async (dueMs: number) => {
      tally.sent += scenes;
      tally.latenessMs.push(performance.now() - dueMs);
      const status = await statusOf(pool, requests[next++ % requests.length]!);
      if (status !== 200) {
        tally[status === 503 ? 'shed' : 'failed'] += scenes;
        return;
      }
      const latencyMs = performance.now() - dueMs;
      for (let i = 0; i < scenes; i++) tally.latencyMs.push(latencyMs);
    };
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await drive(send);
    const tookMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    await pool.close();
    return { ...tally, tookMs, cpuMs: (user + system) / 1000 };
  }

  /** All scenes, so many a request. */
  #requests(scenes: number): Dispatcher.DispatchOptions[] {
    const { model, items, format } = this.#target;
    return Array.from({ length: Math.floor(items.length / scenes) }, (_, i) => {
      const input = itemsTensor(format, batchOf(items.slice(i * scenes, (i + 1) * scenes)));
      const { bytes, jsonLength } = encodeRequest({ inputs: [input], binaryOutput: true }, true);
      return {
        method: 'POST',
        path: `${modelPath(model)}/infer`,
        headers: { [JSON_LENGTH_HEADER]: String(jsonLength) },
        body: bytes,
      };
    });
  }
}

/** Of the answer once it is there as a whole; 0 where none comes. */
const statusOf = (pool: Pool, request: Dispatcher.DispatchOptions): Promise<number> =>
  new Promise((resolve) => {
    let status = 0;
    pool.dispatch(request, {
      // By this undici knows the handler for one of today's.
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve(0),
    });
  });
