import { expect, onTestFinished } from 'vitest';
import type { KubernetesApi } from '../../../../agent/kubernetes/api.ts';
import { KubernetesEngine } from '../../../../agent/kubernetes/engine.ts';
import { keepProfile, measuredFor } from '../../../../agent/kubernetes/resource/kept-profile.ts';
import { type ReconcileOptions, reconcile } from '../../../../agent/kubernetes/resource/reconcile.ts';
import {
  RESOURCE,
  type ResourceStatus,
  resourceDefinition,
  resourceSpec,
} from '../../../../agent/kubernetes/resource/schema.ts';
import { podSettings } from '../../../../agent/kubernetes/settings.ts';
import { planRequest } from '../../../../solver/plan/request.ts';
import { Planner } from '../../../../workers/planner/planner.ts';
import { exportProfile, identify } from '../../../../workers/store/exchange.ts';
import { until } from '../../../until.ts';
import { standInCluster } from '../cluster.ts';
import { fashionProfile } from '../fashion-profile.ts';
import { jobOf, runPod } from '../jobs.ts';
import { fashion } from '../objects/plans.ts';
import type { StandIn } from '../stand-in/server.ts';

const KEY = 'apis/ipa-edge.dev/v1alpha1/namespaces/shop/inferencepipelines/fashion';
export const spec = { slaMs: 300, ratePerS: 2, cores: 40, adapt: false };

const profile = await identify(fashionProfile());
const { slaMs, ratePerS, cores } = spec;
const request = planRequest(profile.profile, { slaMs, ratePerS, resources: { cores } });
/** What an earlier watch has left in a cluster. To plan in a child process, as watch does, would take a second of a core. */
const left = { profile, plan: (await Planner.open(profile)).plan({ ...request, apart: true }) };

export const statusOf = (standIn: StandIn) => (standIn.store.get(KEY)!.status ?? {}) as ResourceStatus;
export const conditionOf = (standIn: StandIn, type: string) =>
  statusOf(standIn).conditions?.find((condition) => condition.type === type);
export const reasonsOf = (standIn: StandIn) =>
  Object.fromEntries(
    (statusOf(standIn).conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

/**
 * Reconciles the InferencePipeline `fashion` of a stand-in cluster as `watch` does.
 * @param of the cluster, by default a new one; it gets the CRD
 */
export async function watched(
  adapt: ReconcileOptions['adapt'] = async () => {},
  of: { readonly standIn: StandIn; readonly cluster: KubernetesApi } | undefined = undefined,
) {
  const { standIn, cluster } = of ?? (await standInCluster());
  standIn.define(resourceDefinition());
  const events: string[] = [];
  const stop = new AbortController();
  const ended = reconcile(
    {
      api: cluster,
      models: fashion,
      namespace: 'shop',
      adapt,
      readMs: 50,
      backOff: { firstMs: 20, pauseMsMax: 50 },
    },
    { onEvent: (what) => events.push(what), signal: stop.signal },
  );
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  /** Applies an InferencePipeline as `kubectl apply` does. */
  const apply = (of: object, status?: object) =>
    cluster.apply({
      ...RESOURCE,
      metadata: { name: 'fashion', namespace: 'shop' },
      spec: of,
      ...(status && { status }),
    });
  const profiled = async () =>
    runPod(standIn, await jobOf(standIn), 'Succeeded', exportProfile(fashionProfile()));
  const untilPlanned = () => until(() => expect(reasonsOf(standIn).Planned).toBe('True Applied'));
  /** Applies an InferencePipeline, measures its profile, and waits until a plan is applied. */
  const measured = async () => {
    await apply(spec);
    await profiled();
    await untilPlanned();
  };
  /** Leaves a profile and a plan in the cluster, as an earlier watch does, applies an InferencePipeline, and waits until it serves. */
  const planned = async (change: object = {}) => {
    await keepProfile(cluster, left.profile, 'shop', measuredFor(resourceSpec.parse(spec)));
    const given = podSettings('fashion', 'shop', {});
    const engine = new KubernetesEngine(cluster, { pipeline: fashion.pipeline, namespace: 'shop', given });
    await engine.apply(left.plan);
    await apply({ ...spec, ...change });
    await untilPlanned();
  };
  return { standIn, cluster, events, apply, profiled, measured, planned, stop, ended };
}

export const jobsMade = ({ seen }: StandIn): number =>
  seen.filter(({ method, url }) => method === 'POST' && url.includes('/jobs')).length;
