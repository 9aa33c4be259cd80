import { execFileSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../agent/http/app.ts';
import type { HttpLimits } from '../../agent/http/base.ts';
import type { PlanChanges } from '../../agent/http/plan.ts';
import type { NumberTensor } from '../../agent/oip/tensor.ts';
import { Service, type ServiceOptions } from '../../agent/service/service.ts';
import { takeInTurn } from '../../models/items/item-batch.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { labelledItems } from '../../models/packs/labelled-items.ts';
import type { LabelledPack } from '../../models/packs/pack.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { loadFashion } from '../workers/fashion.ts';
import { type HandPlan, handPlan } from '../workers/hand-plan.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { InferenceServerError, OipClient } from './oip-client.ts';
import { pause } from './pause.ts';

export const models: LoadedManifest = await loadFashion();
const pack = (await models.readPack()) as LabelledPack;
/** Labelled items of each stage: those that stages without errors would pass on. */
export const items = (await labelledItems(pack, models.pipeline)).map((stage) => stage.items);

export const planOf = (hand: Omit<HandPlan, 'backend'>) => handPlan(models, { backend: 'cpu', ...hand });

/** A service with real workers, in this process. */
interface Started {
  readonly service: Service;
  readonly events: string[];
}

/** A service that answers over HTTP on a port of this machine, with a client of it. */
export interface Serving extends Started {
  readonly client: OipClient;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

async function startService(
  hand: Omit<HandPlan, 'backend'>,
  options: Partial<ServiceOptions> = {},
): Promise<Started> {
  const events: string[] = [];
  const service = await Service.start({
    pipeline: models.pipeline,
    plan: planOf(hand),
    startWorker: startAtOnce(models, nodeEnvironment()),
    onEvent: (what) => events.push(what),
    ...options,
  });
  return { service, events };
}

/** Serves a service over HTTP. Closing leaves the service as it is. */
export async function overHttp(
  { service, events }: Started,
  { http, ...changes }: Partial<PlanChanges> & { readonly http?: Partial<HttpLimits> } = {},
): Promise<Serving> {
  const app = createApp(service, { checkPlan: () => {}, ...changes }, http);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const client = new OipClient(url);
  return {
    service,
    client,
    url,
    port,
    events,
    async close() {
      client.close();
      await app.close();
    },
  };
}

export async function serving(
  hand: Omit<HandPlan, 'backend'>,
  options: Partial<ServiceOptions> & Parameters<typeof overHttp>[1] = {},
): Promise<Serving> {
  const started = await startService(hand, options);
  const served = await overHttp(started, options);
  return {
    ...served,
    async close() {
      started.service.close();
      await served.close();
    },
  };
}

/** The format of the images that a stage takes. */
export function imagesOf(stage: number): ItemFormatOf<'pixels'> {
  const { task, stage: fields } = models.pipeline.stages[stage]!;
  return task.itemFormat(fields) as ItemFormatOf<'pixels'>;
}

/** Makes a request with `count` items of a stage, from item number `from` on. */
export function requestOf(stage: number, from = 0, count = 1): { readonly inputs: readonly [NumberTensor] } {
  const { channels, height, width } = imagesOf(stage);
  const { bytes: data } = takeInTurn(items[stage]!, from, count);
  return { inputs: [{ name: 'images', datatype: 'UINT8', shape: [count, channels, height, width], data }] };
}

/** Numbers of requests by their outcome. */
export interface Tally {
  readonly sent: number;
  readonly completed: number;
  /** Requests that were answered 503, because they were refused on arrival or shed. */
  readonly shed: number;
  /** Requests that were answered 500. */
  readonly failed: number;
  /** Requests whose connection was refused or ended before an answer. */
  readonly refused: number;
}

/** Number of requests that are open at a time: enough for two workers and for the batches that wait for them. */
const OPEN = 8;

/**
 * Sends requests for one scene each, at most 8 at a time, and waits for the answers to all of them.
 * @param goesOn number of requests to send; or whether to send another one, by the outcomes so far
 * @param meanwhile called after each request is sent; the next request waits for its end
 */
export async function load(
  client: OipClient,
  goesOn: number | ((tally: Tally) => boolean),
  meanwhile?: (sent: number) => unknown,
): Promise<Tally> {
  const more = typeof goesOn === 'number' ? ({ sent }: Tally) => sent < goesOn : goesOn;
  const tally = { sent: 0, completed: 0, shed: 0, failed: 0, refused: 0 };
  const answers: Promise<void>[] = [];
  while (more(tally)) {
    const i = tally.sent++;
    answers.push(
      client.infer('fashion', requestOf(0, i)).then(
        () => {
          tally.completed++;
        },
        (error) => {
          if (!(error instanceof InferenceServerError)) tally.refused++;
          else if (error.status === 503) tally.shed++;
          else if (error.status === 500) tally.failed++;
          else throw error;
        },
      ),
    );
    await meanwhile?.(i);
    await answers[i - OPEN + 1];
    if (goesOn === more) await pause();
  }
  await Promise.all(answers);
  return tally;
}

/** The tally of a load in which every request was completed. */
export const whole = (sent: number): Tally => ({ sent, completed: sent, shed: 0, failed: 0, refused: 0 });

/** The value of a metric without labels. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

/** Process ids of the workers of a process, by default its stage workers, the oldest first. */
export const replicas = (pid = process.pid, file = 'stage/worker.node'): number[] =>
  execFileSync('pgrep', ['-P', String(pid), '-f', file], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);
