import { setTimeout as sleep } from 'node:timers/promises';
import { pixelsOf } from '../../models/tasks/items.ts';
import type { ItemBatch } from '../../models/tasks/task.ts';
import { InferenceServerError, OipClient } from '../oip/client.ts';

/** What is asked of a server: scenes, in turn. */
export interface Target {
  readonly model: string;
  readonly scenes: ItemBatch;
  /** Of a scene: channels, height, width. */
  readonly shape: readonly number[];
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

/** Sends requests over connections that are kept, tensors as bytes. */
export class LoadGenerator {
  #target!: Target;
  #next = 0;

  aim(target: Target): void {
    this.#target = target;
  }

  /** Open loop: each request when it is due, however many have not come back. @param dueMs from now on, rising */
  open(url: string, dueMs: Float64Array): Promise<Sent> {
    return this.#send(url, async (send) => {
      const start = performance.now();
      const answers: Promise<void>[] = [];
      for (const due of dueMs) {
        // Timers may come early.
        while (performance.now() < start + due) await sleep(start + due - performance.now());
        answers.push(send(1, start + due));
      }
      await Promise.all(answers);
    });
  }

  /** Closed loop: so many at once, each followed by the next one, for so long. @param scenes of each HTTP request */
  closed(url: string, atOnce: number, scenes: number, forMs: number): Promise<Sent> {
    return this.#send(url, async (send) => {
      const endMs = performance.now() + forMs;
      const one = async () => {
        while (performance.now() < endMs) await send(scenes, performance.now());
      };
      await Promise.all(Array.from({ length: atOnce }, one));
    });
  }

  async #send(
    url: string,
    drive: (send: (count: number, dueMs: number) => Promise<void>) => Promise<void>,
  ): Promise<Sent> {
    const { model, shape } = this.#target;
    const client = new OipClient(url);
    const tally = { sent: 0, shed: 0, failed: 0, latencyMs: [] as number[], latenessMs: [] as number[] };
    const send = async (count: number, dueMs: number) => {
      const data = this.#take(count);
      tally.sent += count;
      tally.latenessMs.push(performance.now() - dueMs);
      try {
        await client.infer(model, {
          inputs: [{ name: 'images', datatype: 'UINT8', shape: [count, ...shape], data }],
        });
        const latencyMs = performance.now() - dueMs;
        for (let i = 0; i < count; i++) tally.latencyMs.push(latencyMs);
      } catch (error) {
        const shed = error instanceof InferenceServerError && error.status === 503;
        tally[shed ? 'shed' : 'failed'] += count;
      }
    };
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await drive(send);
    const tookMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    client.close();
    return { ...tally, tookMs, cpuMs: (user + system) / 1000 };
  }

  /** The next scenes, as one tensor. */
  #take(count: number): Uint8Array<ArrayBuffer> {
    const { scenes } = this.#target;
    const parts = Array.from({ length: count }, () => pixelsOf(scenes, this.#next++ % scenes.count));
    if (count === 1) return parts[0]!;
    const data = new Uint8Array(count * parts[0]!.length);
    for (const [i, part] of parts.entries()) data.set(part, i * part.length);
    return data;
  }
}
