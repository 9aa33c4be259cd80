import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type ControllerOptions, control } from '../../../agent/cluster/watch/controller.ts';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { readApplied } from '../../../agent/kubernetes/plans.ts';
import { PlanRefusedError } from '../../../agent/service/errors.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import type { Predictor } from '../../../solver/adapt/predictors/predictor.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { fashionProfile } from './fashion-profile.ts';
import { fashion } from './objects/plans.ts';
import { addGateway } from './stand-in/nodes.ts';
import type { StandIn } from './stand-in/server.ts';

const backOff = { firstMs: 50, pauseMsMax: 200 };

export const measured = fashionProfile(2);
const planAt = await planOn(measured);
export const planFor = (ratePerS: number, slaMs = 300): Promise<Plan> =>
  planAt({ ...planRequest(measured, { slaMs, ratePerS, resources: { cores: 40 } }), sharing: false });

/** A gateway as far as its arrivals go: they come at a rate by the clock, however seldom they are counted. */
class Arrivals {
  #count = 0;
  #countedMs = performance.now();
  #ratePerS = 0;
  /** How often they were asked for. */
  asked = 0;

  set ratePerS(ratePerS: number) {
    this.count();
    this.#ratePerS = ratePerS;
  }

  count(): number {
    const nowMs = performance.now();
    this.#count += (this.#ratePerS * (nowMs - this.#countedMs)) / 1000;
    this.#countedMs = nowMs;
    return Math.floor(this.#count);
  }
}

/** Name of the gateway's pod. */
export const GATEWAY = 'fashion-gateway-abcde';

export async function arrivals(standIn: StandIn): Promise<Arrivals> {
  const load = new Arrivals();
  const server = createServer((_request, response) => {
    load.asked++;
    response.end(`ipa_edge_arrivals_total{model="fashion"} ${load.count()}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  addGateway(standIn, GATEWAY, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => void server.close());
  return load;
}

/** Stands for a plan of another profile: its load cannot be followed. */
export const UNKNOWN_SLA_MS = 299;

interface Watching {
  /** What a forecast says; absent: the last seconds are foreseen. */
  readonly foreseenPerS?: () => number;
  /** How long replicas are kept that newer plans do not want; 400 by default. */
  readonly stableMs?: number;
  /** Time between two readings of the plan and of the arrivals; 200 by default. */
  readonly checkMs?: number;
  /** Absent: plans are made on {@link measured}. */
  readonly adaptationFor?: ControllerOptions['adaptationFor'];
}

/** Watches until the test has finished. */
export async function watch(
  cluster: KubernetesApi,
  { foreseenPerS, stableMs = 400, checkMs = 200, adaptationFor }: Watching = {},
) {
  const engine = new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: 'shop' });
  const events: string[] = [];
  /** Decisions so far, and how many there may be: without a forecast there is none, and no plan of the watch's own comes between. */
  const decided = { times: 0, most: Number.POSITIVE_INFINITY };
  /** Foresees the most of the last two seconds, so that a load that has fallen is soon followed. */
  const predictor: Predictor = {
    name: 'last-window',
    async forecast(countsPerS) {
      if (decided.times >= decided.most) throw new Error('nothing is foreseen');
      decided.times++;
      const most = foreseenPerS?.() ?? Math.max(...countsPerS.slice(-2));
      return { medianPerS: most, p90PerS: most };
    },
  };
  const stop = new AbortController();
  const ended = control(
    {
      engine,
      pipeline: 'fashion',
      backOff,
      checkMs,
      stableMs,
      adaptationFor(plan, cascadeStages) {
        if (plan.slaMs === UNKNOWN_SLA_MS)
          throw new PlanRefusedError('The plan', ['it is of another profile'], 'Give it.');
        const system = ipaEdgeSystem(planAt, standingRequest(plan, ['cpu']), () => 1000);
        return { system, intervalS: 1, ...adaptationFor?.(plan, cascadeStages), predictor };
      },
      onEvent: (what) => events.push(what),
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { engine, events, decided };
}

export const pods = async (cluster: KubernetesApi): Promise<number> => {
  const { current } = await readApplied(cluster, 'fashion', 'shop');
  return current!.stages.reduce((sum, { replicas }) => sum + replicas, 0);
};

export const deploymentOf = async (cluster: KubernetesApi, name: string) =>
  (await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } }))!
    .spec as { replicas: number };

/**
 * Waits until a cluster that fails has been asked fifteen times more. That is two intervals of decisions at least: pauses
 * between two tries grow to 100 to 200 ms.
 */
export async function asksOn(standIn: StandIn): Promise<void> {
  const before = standIn.seen.length;
  await until(() => expect(standIn.seen.length).toBeGreaterThan(before + 2 * 15));
}
