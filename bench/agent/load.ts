import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import type { Item } from '../../models/items/item-batch.ts';

/** The model to send requests to, and the images to send in turn. */
export interface Target {
  readonly model: string;
  readonly images: readonly Item[];
  /** Channels, height and width of an image. */
  readonly shape: readonly number[];
}

/** Outcomes of the images that were sent, in HTTP requests with one or several images. */
export interface Sent {
  readonly sent: number;
  /** Images answered with 503: refused or shed. */
  readonly shed: number;
  /** Images with another error, or without an answer. */
  readonly failed: number;
  /** Latency of each completed image, from the time at which its request was due (in a closed loop: sent) until the answer. */
  readonly latencyMs: readonly number[];
  /** Delay of each HTTP request, from the time at which it was due until it was sent. */
  readonly latenessMs: readonly number[];
  /** Time from the first request until the last answer. */
  readonly tookMs: number;
  /** CPU time of the load generator. */
  readonly cpuMs: number;
}

/**
 * Sends Open Inference Protocol requests with binary tensors over persistent connections. To use little of a core, it encodes
 * all requests beforehand and reads only the status of an answer.
 */
export class LoadGenerator {
  #target!: Target;

  aim(target: Target): void {
    this.#target = target;
  }

  /** Open loop: sends each request when it is due, however many are unanswered. @param dueMs times from now, rising */
  open(url: string, dueMs: Float64Array): Promise<Sent> {
    return this.#send(url, 1, async (send) => {
      const start = performance.now();
      const answers: Promise<void>[] = [];
      for (const due of dueMs) {
        // Timers may fire early.
        while (performance.now() < start + due) await sleep(start + due - performance.now());
        answers.push(send(start + due));
      }
      await Promise.all(answers);
    });
  }

  /** Closed loop: keeps `atOnce` requests in flight for `forMs`. @param images number in each HTTP request */
  closed(url: string, atOnce: number, images: number, forMs: number): Promise<Sent> {
    return this.#send(url, images, async (send) => {
      const endMs = performance.now() + forMs;
      const one = async () => {
        while (performance.now() < endMs) await send(performance.now());
      };
      await Promise.all(Array.from({ length: atOnce }, one));
    });
  }

  async #send(
    url: string,
    images: number,
    drive: (send: (dueMs: number) => Promise<void>) => Promise<void>,
  ): Promise<Sent> {
    const pool = new Pool(url);
    const requests = this.#requests(images);
    const tally = { sent: 0, shed: 0, failed: 0, latencyMs: [] as number[], latenessMs: [] as number[] };
    let next = 0;
    const send = async (dueMs: number) => {
      tally.sent += images;
      tally.latenessMs.push(performance.now() - dueMs);
      const status = await statusOf(pool, requests[next++ % requests.length]!);
      if (status !== 200) {
        tally[status === 503 ? 'shed' : 'failed'] += images;
        return;
      }
      const latencyMs = performance.now() - dueMs;
      for (let i = 0; i < images; i++) tally.latencyMs.push(latencyMs);
    };
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await drive(send);
    const tookMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    await pool.close();
    return { ...tally, tookMs, cpuMs: (user + system) / 1000 };
  }

  /** Encodes all images as HTTP requests with this many images each. */
  #requests(images: number): Dispatcher.DispatchOptions[] {
    const { model, images: all, shape } = this.#target;
    return Array.from({ length: Math.floor(all.length / images) }, (_, i) => {
      const pixels = Buffer.concat(all.slice(i * images, (i + 1) * images));
      const input = {
        name: 'images',
        datatype: 'UINT8',
        shape: [images, ...shape],
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

/** HTTP status of a completely received answer; 0 if there is none. */
const statusOf = (pool: Pool, request: Dispatcher.DispatchOptions): Promise<number> =>
  new Promise((resolve) => {
    let status = 0;
    pool.dispatch(request, {
      // Without this method, undici would take the object for a handler of its older interface.
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: () => resolve(0),
    });
  });
