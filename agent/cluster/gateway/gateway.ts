import type { Manifest } from '../../../models/manifests/manifest.ts';
import { parseJson } from '../../../solver/documents/document.ts';
import { PLAN, type Plan, planSchema } from '../../../solver/documents/plan.ts';
import { planMismatches } from '../../../solver/plan/replan.ts';
import { sleep } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { planRef } from '../../kubernetes/apply.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { stageSelector } from '../../kubernetes/export/objects.ts';
import { podPlan } from '../../kubernetes/export/pod-plan.ts';
import { PLAN_KEY } from '../../kubernetes/export/pods.ts';
import type { KubernetesObject } from '../../kubernetes/export/types.ts';
import { BACK_OFF, type BackOff, follow, pauseMs } from '../../kubernetes/follow.ts';
import { PlanRefusedError } from '../../service/errors.ts';
import { Service } from '../../service/service.ts';
import { Directory, podsOf } from './directory.ts';
import { podRecruiter } from './recruit.ts';

export interface GatewayOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly manifest: Manifest;
  /** Until the cluster tells of another. */
  readonly plan: Plan;
  /** What pods are changed with. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  readonly backOff?: BackOff;
  onEvent(what: string): void;
}

/**
 * Serves a pipeline whose stages are pods: the queues are here, and the workers of its executor are the pods that
 * EndpointSlices tell of. It follows the plan in the cluster's config map, and the pods as they come and go; without the
 * API server it goes on with what it knows.
 */
export class Gateway {
  readonly #directory = new Directory();
  #plan: Plan;
  #service: Service | undefined;
  #closeClients: () => void = () => {};
  /** Wakes who waits for the next change. */
  #changed: () => void = () => {};

  private constructor(private readonly options: GatewayOptions) {
    this.#plan = options.plan;
    options.signal.addEventListener('abort', () => this.#changed());
  }

  /** Waits until each stage has a pod. @throws PlanRefusedError, and the signal's reason where it aborts before */
  static async start(options: GatewayOptions): Promise<Gateway> {
    checkModels(options.plan, options.manifest, 'The plan');
    const gateway = new Gateway(options);
    gateway.#followCluster();
    await gateway.#start();
    void gateway.#keepUp();
    return gateway;
  }

  get service(): Service {
    return this.#service!;
  }

  close(): void {
    this.#service?.close();
    this.#closeClients();
  }

  #followCluster(): void {
    const { cluster, namespace, manifest, signal, backOff = BACK_OFF, onEvent } = this.options;
    const stages = manifest.stages.map(({ name }) => name);
    const followed = { onEvent, signal, backOff };
    const slices = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace };
    void follow(
      cluster,
      { ...slices, labels: stageSelector(manifest.name) },
      {
        ...followed,
        onChange: (objects) => {
          this.#directory.update(podsOf(objects, stages));
          this.#changed();
        },
      },
    );
    const { apiVersion, kind, metadata } = planRef(manifest.name, namespace);
    void follow(
      cluster,
      { apiVersion, kind, namespace, name: metadata.name },
      { ...followed, onChange: (objects) => this.#take(objects) },
    );
  }

  /** The plan of the config map; one that cannot be run here is told and left. */
  #take([object]: readonly KubernetesObject[]): void {
    const text = (object?.data as Record<string, string> | undefined)?.[PLAN_KEY];
    if (text === undefined) return;
    const source = `the plan of ConfigMap ${object!.metadata.name}`;
    try {
      const plan = parseJson(planSchema, text, source, PLAN);
      checkModels(plan, this.options.manifest, source);
      this.#plan = plan;
      this.#changed();
    } catch (error) {
      this.options.onEvent(`the plan stays: ${message(error)}`);
    }
  }

  async #start(): Promise<void> {
    const { manifest, token, signal, onEvent, backOff = BACK_OFF } = this.options;
    const { recruit, close } = podRecruiter(manifest, this.#directory, token);
    this.#closeClients = close;
    for (let failures = 0; !this.#service; ) {
      signal.throwIfAborted();
      const changed = this.#change();
      const { counts } = this.#directory;
      const missing = manifest.stages.filter(({ name }) => !counts[name]).map(({ name }) => name);
      if (missing.length > 0) {
        onEvent(`waiting for a pod of ${missing.join(', ')}`);
        await changed;
        continue;
      }
      try {
        const plan = podPlan(this.#plan, counts);
        this.#service = await Service.start({ manifest, plan, recruit, onEvent });
      } catch (error) {
        onEvent(`the pods cannot be used yet: ${message(error)}`);
        await sleep(pauseMs(backOff, ++failures), signal);
      }
    }
  }

  /** Replaces the plan that serves whenever pods or plan are others; one change after the other, until it is done. */
  async #keepUp(): Promise<void> {
    const { signal, onEvent, backOff = BACK_OFF } = this.options;
    let failures = 0;
    while (!signal.aborted) {
      const changed = this.#change();
      const wanted = podPlan(this.#plan, this.#directory.counts);
      if (JSON.stringify(wanted) === JSON.stringify(this.service.plan)) {
        await changed;
        continue;
      }
      try {
        await this.service.replace(wanted);
        failures = 0;
      } catch (error) {
        onEvent(`the plan that serves stays for now: ${message(error)}`);
        await Promise.race([changed, sleep(pauseMs(backOff, ++failures), signal)]);
      }
    }
  }

  /** Resolves at the next change, or when the gateway is to end. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

/** The gateway runs no model; the pods check their device. @throws PlanRefusedError */
function checkModels(plan: Plan, { name: pipeline, stages }: Manifest, source: string): void {
  const place = { pipeline, stages, device: plan.profile.device };
  const reasons = planMismatches({ ...plan, workers: [] }, place);
  if (reasons.length > 0)
    throw new PlanRefusedError(source, reasons, 'Use an image with the models of the plan.');
}
