import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { type ControllerOptions, control } from '../../../agent/cluster/watch/controller.ts';
import type { KubernetesApi } from '../../../agent/kubernetes/api.ts';
import { KubernetesEngine } from '../../../agent/kubernetes/engine.ts';
import { PlanRefusedError } from '../../../agent/service/errors.ts';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import type { Predictor } from '../../../solver/adapt/predictors/predictor.ts';
import { standingRequest } from '../../../solver/adapt/standing-request.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planRequest } from '../../../solver/plan/request.ts';
import { planOn } from '../../solver/profiles.ts';
import { until } from '../../until.ts';
import { appliedIn } from './cluster.ts';
import { fashionProfile } from './fashion-profile.ts';
import { fashion } from './objects/plans.ts';
import { addGateway } from './stand-in/nodes.ts';
import type { StandIn } from './stand-in/server.ts';

const backOff = { firstMs: 50, pauseMsMax: 200 };

export const measured = fashionProfile(2);
const planAt = await planOn(measured);
export const planFor = (ratePerS: number, slaMs = 300): Promise<Plan> =>
  planAt({ ...planRequest(measured, { slaMs, ratePerS, resources: { cores: 40 } }), sharing: false });

/** The counter of arrivals of a gateway. It grows at a rate by the clock, however seldom it is read. */
class Arrivals {
  #count = 0;
  #countedMs = performance.now();
  #ratePerS = 0;
  /** How many times the counter was read. */
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

/** A plan with this SLA stands for a plan of another profile, which `watch` cannot adapt. */
export const UNKNOWN_SLA_MS = 299;

interface Watching {
  /** The forecast of the load, in requests/s; absent: the larger load of the last two seconds. */
  readonly foreseenPerS?: () => number;
  /** Milliseconds for which a stage keeps replicas that newer plans do not want; default: 400. */
  readonly stableMs?: number;
  /** Milliseconds between two readings of the plan and of the arrivals; default: 200. */
  readonly checkMs?: number;
  /** Options to adapt a plan; absent: those for planning on {@link measured}. */
  readonly adaptationFor?: ControllerOptions['adaptationFor'];
}

/** The engine with which `watch` adapts plans. It is given no settings of pods, because those that were applied stay. */
export const engineOfWatch = (cluster: KubernetesApi): KubernetesEngine =>
  new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: 'shop' });

/** Runs `watch` until the test has finished. */
export async function watch(
  cluster: KubernetesApi,
  { foreseenPerS, stableMs = 400, checkMs = 200, adaptationFor }: Watching = {},
) {
  const engine = engineOfWatch(cluster);
  const events: string[] = [];
  /**
   * The number of decisions so far, and the most that there may be. After these the forecast fails, so `watch` decides on no
   * further plan.
   */
  const decided = {
    times: 0,
    most: Number.POSITIVE_INFINITY,
    refused: 0,
    /** Lets `watch` decide no more, and waits until a decision that began before has been applied. */
    async end() {
      const { refused } = decided;
      decided.most = 0;
      await until(() => expect(decided.refused).toBeGreaterThan(refused));
    },
  };
  /** Foresees the larger load of the last two seconds, so that `watch` soon follows a load that has fallen. */
  const predictor: Predictor = {
    name: 'last-window',
    async forecast(countsPerS) {
      if (decided.times >= decided.most) {
        decided.refused++;
        throw new Error('nothing is foreseen');
      }
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

/** The plan that is stored in the cluster. */
export const currentPlan = async (cluster: KubernetesApi): Promise<Plan> =>
  (await appliedIn(cluster)).current!;

export const pods = async (cluster: KubernetesApi): Promise<number> =>
  (await currentPlan(cluster)).stages.reduce((sum, { replicas }) => sum + replicas, 0);

export const deploymentOf = async (cluster: KubernetesApi, name: string) =>
  (await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } }))!
    .spec as { replicas: number };

/**
 * Waits until `watch` has tried fifteen more times, with two requests each, to read a cluster that fails. Because the pauses
 * between tries grow to between 100 and 200 ms, at least one decision would be due meanwhile.
 */
export async function asksOn(standIn: StandIn): Promise<void> {
  const before = standIn.seen.length;
  await until(() => expect(standIn.seen.length).toBeGreaterThan(before + 2 * 15));
}
