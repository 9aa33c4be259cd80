import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import type { Item } from '../../models/items/item-batch.ts';

/** The model that requests go to, and the scenes that they carry in turn. */
export interface Target {
  readonly model: string;
  readonly scenes: readonly Item[];
  /** Channels, height and width of a scene. */
  readonly shape: readonly number[];
}

/** What became of the scenes that were sent, in HTTP requests of one or several. */
export interface Sent {
  readonly sent: number;
  /** Answered with 503: not admitted, or shed. */
  readonly shed: number;
  /** Answered with another error, or not at all. */
  readonly failed: number;
  /** Of the scenes that completed: from when the request was due (in a closed loop: sent) until its answer. */
  readonly latencyMs: readonly number[];
  /** From when HTTP requests were due until they were sent. */
  readonly latenessMs: readonly number[];
  /** From the first request until the last answer. */
  readonly tookMs: number;
  /** CPU time that the generator used. */
  readonly cpuMs: number;
}

/**
 * Sends requests of the Open Inference Protocol with binary tensors over connections that stay open. All requests are encoded
 * beforehand, and of an answer only the status is read, so that the generator takes little of a core.
 */
export class LoadGenerator {
  #target!: Target;

  aim(target: Target): void {
    this.#target = target;
  }

  /** Open loop: sends each request when it is due, however many are unanswered. @param dueMs from now on, rising */
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

  /** Closed loop: keeps so many requests in flight for so long. @param scenes in each HTTP request */
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

  /** All scenes as HTTP requests, so many scenes in each. */
  #requests(scenes: number): Dispatcher.DispatchOptions[] {
    const { model, scenes: all, shape } = this.#target;
    return Array.from({ length: Math.floor(all.length / scenes) }, (_, i) => {
      const pixels = Buffer.concat(all.slice(i * scenes, (i + 1) * scenes));
      const input = {
        name: 'images',
        datatype: 'UINT8',
        shape: [scenes, ...shape],
        parameters: { binary_data_size: pixels.length },
      };
      const json = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));
      return {
        method: 'POST',
        path: `/v2/models/${model}/infer`,
        headers: { 'Inference-Header-Content-Length': String(json.length) },
        body: Buffer.concat([json, pixels]),
      };
    });
  }
}

/** The status of the answer, once all of the answer has come; 0 where none comes. */
const statusOf = (pool: Pool, request: Dispatcher.DispatchOptions): Promise<number> =>
  new Promise((resolve) => {
    let status = 0;
    pool.dispatch(request, {
      // undici takes a handler without this method for one of its older interface.
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve(0),
    });
  });
