import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { type Manifest, modelsOf } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { planMismatches } from '../../../solver/plan/mismatches.ts';
import { sleep, untilSettled } from '../../../workers/executor/clock.ts';
import { message } from '../../../workers/runtime/errors.ts';
import { PlanRefusedError } from '../../service/errors.ts';
import { Service } from '../../service/service.ts';
import { BACK_OFF, type BackOff, pauseMs } from '../back-off.ts';
import type { Endpoint, Engine, Listener } from '../engine.ts';
import { replicaPlan } from '../replica-plan.ts';
import { Directory } from './directory.ts';
import type { RememberedReplicas } from './remembered.ts';
import { replicaStarter } from './start-replica.ts';

interface GatewayOptions extends Listener {
  readonly engine: Engine;
  readonly models: LoadedManifest;
  /** The plan to serve until the engine reports another one. */
  readonly plan: Plan;
  /** Reads the token that replicas require for `PUT /stage/<stage>`. */
  token(): Promise<string | undefined>;
  /** Stores the replicas that the engine reports. A gateway starts with those that an earlier one stored. */
  readonly remembered?: RememberedReplicas | undefined;
  readonly backOff?: BackOff;
}

/**
 * Serves a pipeline whose stages run as replicas on other machines. The gateway holds the queues; the replicas that the engine
 * reports are the workers of the gateway's executor. The gateway follows changes of the applied plan and of the replicas. While
 * the engine does not answer, the gateway continues with the last known state.
 *
 * Several gateways may serve a pipeline. Each owns the requests that it has accepted, so no request is in two queues. All
 * gateways use all replicas without knowing of each other: a replica runs batches in the order in which they arrive, and results
 * that come back late slow down the gateway that waits for them. In a simulation (`test/agent/cluster/shared-replicas.test.ts`)
 * two gateways attain as much as one up to 0.7 of the replicas' capacity, and have over 7/8 of its goodput at twice the capacity.
 * If each gateway had replicas of its own, a fifth of the requests would be lost at 0.7 of the capacity when one gateway gets
 * nine tenths of them, as happens with few clients that keep their connections.
 */
export class Gateway {
  readonly #directory = new Directory(() => this.#changed());
  #plan: Plan;
  #service: Service | undefined;
  #closeClients: () => void = () => {};
  /** Resolves the promise of {@link #nextChange}. */
  #changed: () => void = () => {};
  readonly #closed = new AbortController();

  private constructor(private readonly options: GatewayOptions) {
    this.#plan = options.plan;
    options.signal.addEventListener('abort', () => this.#changed());
  }

  /** Waits until each row of the plan has a replica. @throws PlanRefusedError, and the signal's reason if it aborts before */
  static async start(options: GatewayOptions): Promise<Gateway> {
    checkModels(options.plan, options.models.manifest, 'The plan');
    const gateway = new Gateway(options);
    try {
      await gateway.#recall();
      gateway.#followEngine();
      await gateway.#start();
    } catch (error) {
      gateway.close();
      throw error;
    }
    void gateway.#keepUp();
    return gateway;
  }

  get service(): Service {
    return this.#service!;
  }

  /** Ends the service, and stops following the engine. */
  close(): void {
    this.#closed.abort();
    this.#changed();
    this.#service?.close();
    this.#closeClients();
  }

  /**
   * Starts with the remembered replicas. If another replica has the address of one by now, no harm is done, because a replica
   * refuses requests for a stage that it does not hold.
   */
  async #recall(): Promise<void> {
    const { remembered, onEvent } = this.options;
    try {
      this.#directory.update((await remembered?.read()) ?? []);
    } catch (error) {
      onEvent(`the remembered replicas cannot be used: ${message(error)}`);
    }
  }

  #remember(endpoints: readonly Endpoint[]): void {
    const { remembered, onEvent } = this.options;
    remembered
      ?.write(endpoints)
      .catch((error) => onEvent(`the replicas cannot be remembered: ${message(error)}`));
  }

  #followEngine(): void {
    const { engine, onEvent } = this.options;
    const { signal } = this.#closed;
    let notReady = '';
    void engine.followEndpoints({
      onChange: (endpoints) => {
        const now = this.#directory.update(endpoints).join(', ');
        if (now !== notReady && now !== '')
          onEvent(`no replica of ${now} is ready; replicas that still answer keep serving`);
        notReady = now;
        this.#remember(endpoints);
        this.#changed();
      },
      onEvent,
      signal,
    });
    void engine.followPlan({ onChange: (plan) => this.#take(plan), onEvent, signal });
  }

  #take(plan: Plan): void {
    try {
      checkModels(plan, this.options.models.manifest, 'The plan that was applied');
      this.#plan = plan;
      this.#changed();
    } catch (error) {
      this.options.onEvent(`the plan stays: ${message(error)}`);
    }
  }

  async #start(): Promise<void> {
    const { models, token, signal, onEvent, backOff = BACK_OFF } = this.options;
    const { pipeline } = models;
    const { startWorker, close } = replicaStarter(this.#directory, token, (stage, times) => {
      const { items, wayMs, runMs } = times;
      this.#service?.telemetry.hop(stage, wayMs);
      if (runMs !== undefined) this.#service?.telemetry.ran(stage, items, runMs);
    });
    this.#closeClients = close;
    for (let failures = 0; !this.#service; ) {
      signal.throwIfAborted();
      const changed = this.#nextChange();
      const missing = this.#plan.stages
        .map(({ name }) => name)
        .filter((name) => !this.#directory.serves(name));
      if (missing.length > 0) {
        onEvent(`waiting for a replica of ${missing.join(', ')}`);
        await changed;
        continue;
      }
      try {
        const plan = replicaPlan(this.#plan, this.#directory.groups);
        this.#service = await Service.start({ pipeline, plan, startWorker, signal, inPods: true, onEvent });
      } catch (error) {
        signal.throwIfAborted();
        onEvent(`the replicas cannot be used yet: ${message(error)}`);
        await sleep(pauseMs(backOff, ++failures), signal);
      }
    }
  }

  /** Switches the service to the latest plan and replicas whenever these change, one switch after the other. */
  async #keepUp(): Promise<void> {
    const { onEvent, backOff = BACK_OFF } = this.options;
    const { signal } = this.#closed;
    let failures = 0;
    while (!signal.aborted) {
      const changed = this.#nextChange();
      const wanted = replicaPlan(this.#plan, this.#directory.groups);
      this.service.foresee(this.#plan);
      if (JSON.stringify(wanted) !== JSON.stringify(this.service.plan)) {
        try {
          await this.service.replace(wanted);
        } catch (error) {
          onEvent(`the plan that serves stays for now: ${message(error)}`);
          await untilSettled(changed, pauseMs(backOff, ++failures), signal);
        }
      } else if (this.#directory.hasSilent) {
        const isNews = await untilSettled(changed, pauseMs(backOff, ++failures), signal);
        if (!isNews) this.#directory.tryAgain();
      } else {
        failures = 0;
        await changed;
      }
    }
  }

  /** Resolves at the next change of plan or replicas, or when the gateway ends. */
  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

/** Checks only that the plan's models are in the manifest; each replica checks its device. @throws PlanRefusedError */
function checkModels(plan: Plan, manifest: Manifest, source: string): void {
  const target = { pipeline: manifest.name, stages: modelsOf(manifest), device: plan.profile.device };
  const reasons = planMismatches({ ...plan, workers: [] }, target);
  if (reasons.length > 0)
    throw new PlanRefusedError(source, reasons, 'Use an image with the models of the plan.');
}
