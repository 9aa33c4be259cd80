import { fileURLToPath } from 'node:url';
import { wrap } from 'comlink';
import { Agent, Pool } from 'undici';
import { itemsOf, takeInTurn } from '../../models/items/item-batch.ts';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import type { Hop, RequestCost } from '../../solver/documents/profile.ts';
import { nodeEnvironment, spawnWorker } from '../../workers/environment/node.ts';
import type { MeasureServing, RecordedStage } from '../../workers/profiler/recorded-stage.ts';
import { Lifeline } from '../../workers/stage/lifeline.ts';
import { Replica } from '../cluster/gateway/replica.ts';
import { encodeRequest } from '../oip/encode-request.ts';
import { type Body, JSON_LENGTH_HEADER } from '../oip/infer.ts';
import { itemsTensors } from '../oip/items.ts';
import type { ServingProbe } from './probe.ts';
import { probePlan } from './probe-plan.ts';
import { timeCalls } from './time-calls.ts';

const PROBE = fileURLToPath(new URL('./probe.worker.node.ts', import.meta.url));
/** Each part of the measurement takes this share of the budget, at least and at most so long. */
const PART = { share: 0.004, leastMs: 100, mostMs: 500 };
/** Open requests while their core time is measured: a few share a turn of the event loop, as under load. */
const REQUESTS_AT_ONCE = 4;
/** A worker is handed at most two batches. */
const BATCHES_AT_ONCE = 2;

/**
 * Measures what a request costs outside the models, and for a cluster what a batch costs on its way to a pod and back. The servers
 * run in a process of their own, with workers that answer at once what the models answered before; this process is the client,
 * and the gateway.
 */
export const measureServing =
  (manifest: Manifest): MeasureServing =>
  async (recorded, { budgetS, batches, pods }, signal) => {
    const probe = startProbe(manifest, budgetS);
    signal?.addEventListener('abort', probe.stop);
    try {
      const requests = await measureRequests(probe, recorded);
      if (!pods) return { requests };
      const hops: Hop[] = [];
      for (const stage of recorded) hops.push(...(await measureHops(probe, stage, batches)));
      return { requests, hops };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', probe.stop);
      probe.stop();
    }
  };

interface Probe {
  readonly manifest: Manifest;
  readonly api: Pick<ServingProbe, 'serve' | 'serveStage'>;
  readonly partMs: number;
  readonly cpuMs: Parameters<typeof timeCalls>[3];
  stop(): void;
}

function startProbe(manifest: Manifest, budgetS: number): Probe {
  const raw = spawnWorker(PROBE);
  const api = wrap<ServingProbe>(raw.endpoint);
  const lifeline = new Lifeline('serving probe', raw.gone);
  return {
    manifest,
    api: {
      serve: (...args) => lifeline.call(api.serve(...args)),
      serveStage: (...args) => lifeline.call(api.serveStage(...args)),
    },
    partMs: Math.min(PART.mostMs, Math.max(PART.leastMs, PART.share * 1000 * budgetS)),
    cpuMs: { caller: nodeEnvironment().cpuMs!, called: () => lifeline.call(api.cpuMs()) },
    stop: () => raw.terminate(),
  };
}

/** Measures requests of one item each, with each form of body. */
async function measureRequests(
  { manifest, api, partMs, cpuMs }: Probe,
  recorded: readonly RecordedStage[],
): Promise<RequestCost[]> {
  const { format } = new Pipeline(manifest).first;
  const pool = new Pool(await api.serve(manifest, recorded));
  try {
    const costs: RequestCost[] = [];
    for (const form of ['binary', 'json'] as const) {
      const binary = form === 'binary';
      const bodies = itemsOf(recorded[0]!.items).map((item) =>
        encodeRequest(
          { inputs: itemsTensors(format, takeInTurn([item], 0, 1)), binaryOutput: binary },
          binary,
        ),
      );
      const { n, latency, calledMs } = await timeCalls(
        (i) => infer(pool, manifest.name, bodies[i % bodies.length]!),
        REQUESTS_AT_ONCE,
        partMs,
        cpuMs,
      );
      const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0);
      costs.push({
        body: form,
        bodyBytes: Math.round(bytes / bodies.length),
        n,
        coreMs: calledMs,
        latency,
      });
    }
    return costs;
  } finally {
    await pool.destroy();
  }
}

async function infer(pool: Pool, model: string, { bytes, jsonLength }: Body): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/v2/models/${model}/infer`,
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

/** Measures batches of each size that are sent to a pod of a stage. */
async function measureHops(
  { manifest, api, partMs, cpuMs }: Probe,
  recorded: RecordedStage,
  batches: readonly number[],
): Promise<Hop[]> {
  const { stage } = recorded;
  const dispatcher = new Agent();
  const replica = await Replica.start({
    id: stage,
    url: await api.serveStage(manifest, recorded),
    dispatcher,
    planned: probePlan(manifest).stages.filter(({ name }) => name === stage),
    token: async () => undefined,
    onEnd() {},
  });
  const items = itemsOf(recorded.items);
  try {
    const hops: Hop[] = [];
    for (const size of batches) {
      const { n, latency, callerMs, calledMs } = await timeCalls(
        (i) => replica.run(stage, takeInTurn(items, i * size, size)),
        BATCHES_AT_ONCE,
        partMs,
        cpuMs,
      );
      hops.push({ stage, items: size, n, gatewayMs: callerMs, podMs: calledMs, latency });
    }
    return hops;
  } finally {
    replica.terminate();
    await dispatcher.destroy();
  }
}
