import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import { Agent, type Dispatcher, request } from 'undici';
import { itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Hop, RequestCost } from '../../solver/documents/serving.ts';
import { cpuMs, spawnWorker } from '../../workers/environment/node.ts';
import { untilEnd } from '../../workers/executor/clock.ts';
import { measurePauses, type PausedCall } from '../../workers/profiler/pauses.ts';
import { delaysOf } from '../../workers/profiler/percentiles.ts';
import type { MeasureServing, RecordedStage } from '../../workers/profiler/recorded-stage.ts';
import { Lifeline } from '../../workers/stage/lifeline.ts';
import { Replica } from '../cluster/gateway/replica.ts';
import { encodeRequest } from '../oip/encode-request.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';
import { itemsTensors } from '../oip/items.ts';
import type { ServingProbe } from './probe.ts';
import { probePlan } from './probe-plan.ts';
import { timeCalls, type WarmUp } from './time-calls.ts';

const PROBE = fileURLToPath(new URL('./probe.worker.node.ts', import.meta.url));
/** Each part of the measurement takes this share of the budget, but at least `msMin` and at most `msMax`. */
const PART = { share: 0.004, msMin: 100, msMax: 500 };
/** Number of open requests while core time is measured: as under load, several requests share a turn of the event loop. */
const REQUESTS_AT_ONCE = 4;
/**
 * Calls that warm up a server's code: `first` for the first requests and the first batches, `next` for requests or batches of
 * another form, size or stage. A warm-up takes at most this share of the budget, or `msMin` if that is longer.
 */
const WARM_UP = { first: 5000, next: 500, share: 0.05, msMin: 100 };
/** Milliseconds for which the serving thread waits for timers, to measure how late they are. */
const TIMERS_MS = 300;
/** Milliseconds for which the busy process spins at each call. */
const SPIN_MS = 50;
/** Number of open batches of a pod while core time is measured, because a worker gets at most two batches at a time. */
const BATCHES_AT_ONCE = 2;

/**
 * Returns a function that measures what a request costs outside the models, and for a cluster what a batch costs on its way to a
 * pod and back. The servers run in a process of their own, with workers that replay recorded answers at once. This process is the
 * client and, for batches, the gateway.
 */
export const measureServing =
  (manifest: Manifest): MeasureServing =>
  async (stages, { budgetS, batches, pods }, pausesMs, signal) => {
    const recorded = stages.map((stage) => stage.recorded);
    const probe = startProbe(manifest, budgetS);
    const dispatcher = new Agent();
    const measured = untilEnd(probe.stop, signal, async () => {
      const { requests, send } = await measureRequests(probe, recorded, dispatcher);
      const timers = delaysOf(await probe.api.timers(TIMERS_MS));
      const { hops, ways } = pods
        ? await besideBusyCore(() => measurePods(probe, recorded, batches, dispatcher))
        : {};
      const calls: PausedCall[][] = [...stages.map(({ batch }) => [batch]), [send], ...(ways ? [ways] : [])];
      const after = await measurePauses(calls, pausesMs, performance);
      const [requestPauses, hopPauses] = after?.slice(stages.length) ?? [];
      const serving = {
        requests,
        timers,
        ...(requestPauses && { requestPauses }),
        ...(hops && { hops, ...(hopPauses && { hopPauses }) }),
      };
      return { serving, pauses: after?.slice(0, stages.length) };
    });
    return measured.finally(() => dispatcher.destroy());
  };

interface Probe {
  readonly manifest: Manifest;
  readonly api: Pick<ServingProbe, 'serve' | 'serveStage' | 'timers'>;
  readonly partMs: number;
  /** Returns the limits of a warm-up. @param first whether no request, or no batch, has warmed up the servers before */
  warmUp(first: boolean): WarmUp;
  readonly cpuMs: Parameters<typeof timeCalls>[4];
  stop(): void;
}

function startProbe(manifest: Manifest, budgetS: number): Probe {
  const raw = spawnWorker(PROBE);
  const api = wrap<ServingProbe>(raw.endpoint);
  const lifeline = new Lifeline('serving probe', raw);
  return {
    manifest,
    api: {
      serve: (...args) => lifeline.call(api.serve(...args)),
      serveStage: (...args) => lifeline.call(api.serveStage(...args)),
      timers: (forMs) => lifeline.call(api.timers(forMs)),
    },
    warmUp: (first) => ({
      calls: first ? WARM_UP.first : WARM_UP.next,
      msMax: Math.max(WARM_UP.msMin, WARM_UP.share * 1000 * budgetS),
    }),
    partMs: Math.min(PART.msMax, Math.max(PART.msMin, PART.share * 1000 * budgetS)),
    cpuMs: { caller: cpuMs, called: () => lifeline.call(api.cpuMs()) },
    stop: () => raw.terminate(),
  };
}

/**
 * Measures requests of one item each, with each form of body.
 * @returns with the costs, a function that sends a request of the first form
 */
async function measureRequests(
  { manifest, api, partMs, warmUp, cpuMs }: Probe,
  recorded: readonly RecordedStage[],
  dispatcher: Dispatcher,
): Promise<{ readonly requests: RequestCost[]; readonly send: PausedCall }> {
  const { format } = new Pipeline(manifest).first;
  const url = `${await api.serve(manifest, recorded)}/v2/models/${manifest.name}/infer`;
  // These requests hold recordings as BYTES, which JSON carries as UTF-8 text. Samples are no such text, so only the binary form
  // is measured.
  const forms = format.kind === 'audio' ? (['binary'] as const) : (['binary', 'json'] as const);
  const requests: RequestCost[] = [];
  const sends: ((i: number) => Promise<unknown>)[] = [];
  for (const form of forms) {
    const binary = form === 'binary';
    const bodies = itemsOf(recorded[0]!.items).map((item) =>
      encodeRequest({ inputs: itemsTensors(format, takeInTurn([item], 0, 1)), binaryOutput: binary }, binary),
    );
    const send = (i: number) => infer(dispatcher, url, bodies[i % bodies.length]!);
    const { n, latency, calledMs } = await timeCalls(
      send,
      REQUESTS_AT_ONCE,
      warmUp(requests.length === 0),
      partMs,
      cpuMs,
    );
    const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0);
    requests.push({
      body: form,
      bodyBytes: Math.round(bytes / bodies.length),
      n,
      coreMs: calledMs,
      latency,
    });
    sends.push(send);
  }
  return { requests, send: sends[0]! };
}

async function infer(dispatcher: Dispatcher, url: string, { bytes, jsonLength }: Body): Promise<void> {
  const { statusCode, body } = await request(url, {
    dispatcher,
    method: 'POST',
    headers: {
      'content-type': jsonLength === undefined ? 'application/json' : 'application/octet-stream',
      ...(jsonLength !== undefined && { [JSON_LENGTH_HEADER]: String(jsonLength) }),
    },
    body: bytes,
  });
  const answer = Buffer.from(await body.arrayBuffer());
  if (statusCode !== 200)
    throw new Error(`A request that was measured was answered ${statusCode}: ${answer.toString()}`);
}

/** Measures while another process keeps a core busy: in service, batches go to pods while the models of other batches run. */
async function besideBusyCore<T>(measure: () => Promise<T>): Promise<T> {
  const raw = spawnWorker(PROBE);
  const { spin } = wrap<ServingProbe>(raw.endpoint);
  const lifeline = new Lifeline('busy process', raw);
  let measuring = true;
  // The process spins in short calls, because while it spins it does not notice that its parent has ended.
  const keepBusy = async () => {
    while (measuring) await lifeline.call(spin(SPIN_MS));
  };
  try {
    await lifeline.call(spin(SPIN_MS));
    const measured = measure().finally(() => {
      measuring = false;
    });
    const [result] = await Promise.all([measured, keepBusy()]);
    return result;
  } finally {
    raw.terminate();
  }
}

/**
 * Measures batches of each size that are sent to pods of each stage.
 * @returns with the hops, for each stage a function that sends a batch of one item
 */
async function measurePods(
  probe: Probe,
  recorded: readonly RecordedStage[],
  batches: readonly number[],
  dispatcher: Dispatcher,
): Promise<{ readonly hops: Hop[]; readonly ways: PausedCall[] }> {
  const hops: Hop[] = [];
  const ways: PausedCall[] = [];
  for (const one of recorded) {
    const { stage } = one;
    const replica = await startPod(probe, one, dispatcher);
    const items = itemsOf(one.items);
    const run = (size: number, i: number) => replica.run(stage, takeInTurn(items, i * size, size));
    for (const size of batches)
      hops.push({ stage, items: size, ...(await timeHop(probe, size, run, hops.length === 0)) });
    ways.push((i) => run(1, i));
  }
  return { hops, ways };
}

async function timeHop(
  { partMs, warmUp, cpuMs }: Probe,
  size: number,
  run: (size: number, i: number) => Promise<unknown>,
  first: boolean,
): Promise<Omit<Hop, 'stage' | 'items'>> {
  const timed = await timeCalls((i) => run(size, i), BATCHES_AT_ONCE, warmUp(first), partMs, cpuMs);
  return { n: timed.n, gatewayMs: timed.callerMs, podMs: timed.calledMs, latency: timed.latency };
}

const startPod = async (
  { manifest, api }: Probe,
  recorded: RecordedStage,
  dispatcher: Dispatcher,
): Promise<Replica> =>
  Replica.start({
    id: recorded.stage,
    url: await api.serveStage(manifest, recorded),
    dispatcher,
    planned: probePlan(manifest).stages.filter(({ name }) => name === recorded.stage),
    token: async () => undefined,
    onEnd() {},
  });
