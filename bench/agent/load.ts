import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Item } from '../../models/items/item-batch.ts';
import { LATE_SHARE } from '../../solver/report/lateness.ts';
import { Connections } from './connections.ts';

/** The model to send requests to, and the images to send in turn. */
interface Target {
  readonly model: string;
  readonly images: readonly Item[];
  /** Channels, height and width of an image. */
  readonly shape: readonly number[];
}

/** The outcome and the times of an HTTP request. */
export interface SentRequest {
  readonly outcome: 'completed' | 'shed' | 'failed';
  /** Time from when the request was due (in a closed loop: sent) until its answer. */
  readonly latencyMs: number;
  /** Delay from when the request was due until it was sent. */
  readonly lateMs: number;
}

/** The outcome of a request by the HTTP status of its answer; any other status is a failure. */
const OUTCOMES: Readonly<Record<number, SentRequest['outcome']>> = { 200: 'completed', 503: 'shed' };

/** Outcomes of HTTP requests with one or several images. */
export interface Sent {
  readonly images: number;
  readonly requests: readonly SentRequest[];
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

  /**
   * Open loop: sends each request when it is due, however many are unanswered.
   * @param dueMs when the requests are due, in ms from now, ascending
   * @param judgedMs the shortest time that latencies are compared with. If timers are late by a large fraction of this time, the
   * generator ends each wait with short sleeps instead, which use more of a core
   */
  open(url: string, dueMs: Float64Array, judgedMs: number): Promise<Sent> {
    const spared = LATE_SHARE * judgedMs < 2 * TIMER_MS;
    return this.#send(url, 1, async (send) => {
      const start = performance.now();
      const answers: Promise<void>[] = [];
      for (const due of dueMs) {
        await until(start + due, spared ? TIMER_MS : 0);
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
    const connections = new Connections(new URL(url));
    const requests = this.#requests(new URL(url).host, images);
    const sent: SentRequest[] = [];
    let next = 0;
    const send = async (dueMs: number) => {
      const lateMs = performance.now() - dueMs;
      const status = await connections.statusOf(requests[next++ % requests.length]!);
      sent.push({ outcome: OUTCOMES[status] ?? 'failed', latencyMs: performance.now() - dueMs, lateMs });
    };
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await drive(send);
    const tookMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    connections.close();
    return { images, requests: sent, tookMs, cpuMs: (user + system) / 1000 };
  }

  /** Encodes the images as HTTP requests of `images` images each. Leaves out the last images if they do not fill a request. */
  #requests(host: string, images: number): Buffer[] {
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
      const head = [
        `POST /v2/models/${model}/infer HTTP/1.1`,
        `Host: ${host}`,
        `Inference-Header-Content-Length: ${json.length}`,
        `Content-Length: ${json.length + pixels.length}`,
      ];
      return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), json, pixels]);
    });
  }
}

/** Longest delay with which Node's timers fire, in ms. */
const TIMER_MS = 1.2;
/** Length of a sleep at the end of a wait, where no timer is used. Servers on the same cores can run during the sleep. */
const NAP_MS = 0.1;
const neverSet = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Waits until a time. The event loop gets a turn in any case: a late generator would otherwise read no answer before it had sent
 * every request that is due.
 * @param sparedMs the last part of the wait, for which no timer is used
 */
async function until(dueMs: number, sparedMs: number): Promise<void> {
  const sleepMs = dueMs - performance.now() - sparedMs;
  if (sleepMs > 0) await sleep(sleepMs);
  for (;;) {
    await turn();
    const leftMs = dueMs - performance.now();
    if (leftMs <= 0) return;
    Atomics.wait(neverSet, 0, 0, Math.min(leftMs, NAP_MS));
  }
}
