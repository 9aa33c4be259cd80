import type { FastifyInstance } from 'fastify';
import type {
  ApplyOptions,
  Endpoint,
  Engine,
  EngineEvent,
  Follower,
  Listener,
  ObjectChange,
} from '../../../agent/cluster/engine.ts';
import { PlanReplacedError } from '../../../agent/cluster/errors.ts';
import { checkDeployable } from '../../../agent/cluster/replica-plan.ts';
import { HeldStages } from '../../../agent/cluster/stage/held-stages.ts';
import { listen } from '../../../agent/http/serve.ts';
import { createStageApp } from '../../../agent/http/stage.ts';
import { batchOf, itemsOf } from '../../../models/items/item-batch.ts';
import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { type Counts, NOTHING } from '../../../solver/adapt/serving-counts.ts';
import { type Plan, samePlan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { type StartWorker, standbyKey } from '../../../workers/executor/start-worker.ts';

const TOKEN = 'a-token-of-the-tests';

/**
 * Starts a worker without ONNX Runtime, which finds one object in each image and gives each object class 3 or, with its standby,
 * class 5.
 */
const startWorker =
  (pipeline: Pipeline): StartWorker =>
  async (_id, planWorker) => {
    const [name] = planWorker.stages;
    const { stage, task, next } = pipeline.stage(name!);
    return {
      info: { ortVersion: 'none', ortBuild: 'none', crossOriginIsolated: true, timerGrainMs: 0 },
      lost: new Promise(() => {}),
      async run(key, items) {
        const label = key === standbyKey(name!) ? 5 : 3;
        const result = task.perfect(next ? [{ x0: 0, y0: 0, x1: 28, y1: 28 }] : label);
        const children = itemsOf(items).map((item) =>
          next ? task.children(stage, item, result, next.task.itemFormat(next.stage)) : [],
        );
        return {
          results: items.lengths.map(() => result),
          children: batchOf(children.flat()),
          childCounts: children.map(({ length }) => length),
        };
      },
      terminate() {},
    };
  };

interface Replica {
  readonly url: string;
  readonly stages: readonly string[];
  readonly held: HeldStages;
  readonly app: FastifyInstance;
}

/** An engine in this process: its replicas are HTTP servers on ports of loopback. */
export class TestEngine implements Engine {
  readonly target = 'the test';
  readonly events: EngineEvent[] = [];
  /** The number of arrivals that the gateway's counter shows. */
  arrived = 0;
  #plans: { readonly current: Plan | null; readonly previous: Plan | null } = {
    current: null,
    previous: null,
  };
  #replicas: Replica[] = [];
  /** Replicas that have ended, but that the engine still reports. */
  #unseen: Replica[] = [];
  readonly #planFollowers = new Set<Follower<Plan>>();
  readonly #endpointFollowers = new Set<Follower<readonly Endpoint[]>>();

  constructor(private readonly pipeline: Pipeline) {}

  async apply(plan: Plan, { dryRun = false }: ApplyOptions = {}): Promise<ObjectChange[]> {
    checkDeployable(plan);
    const { current, previous } = this.#plans;
    const same = JSON.stringify(current) === JSON.stringify(plan);
    if (!dryRun && !same) {
      await this.#scale(plan);
      this.#plans = { current: plan, previous: current ?? previous };
      for (const { onChange } of this.#planFollowers) onChange(plan);
    }
    return [{ kind: 'Plan', name: plan.pipeline, state: same ? 'unchanged' : 'changed', changes: [] }];
  }

  async adapt(plan: Plan, before: Plan): Promise<ObjectChange[]> {
    if (!samePlan(this.#plans.current!, before)) throw new PlanReplacedError(plan.pipeline, this.target);
    const { previous } = this.#plans;
    const changes = await this.apply(plan);
    this.#plans = { ...this.#plans, previous };
    return changes;
  }

  async cascadeStages(): Promise<ReadonlySet<string>> {
    return new Set();
  }

  async rollBack() {
    const plan = this.#plans.previous!;
    return { plan, changes: await this.apply(plan) };
  }

  async remove(): Promise<ObjectChange[]> {
    this.#plans = { current: null, previous: null };
    await this.close();
    return [];
  }

  async awaitServing(): Promise<void> {}

  async plan(): Promise<Plan | null> {
    return this.#plans.current;
  }

  async followPlan(follower: Follower<Plan>): Promise<void> {
    if (this.#plans.current) follower.onChange(this.#plans.current);
    await followed(this.#planFollowers, follower);
  }

  async followEndpoints(follower: Follower<readonly Endpoint[]>): Promise<void> {
    follower.onChange(this.endpoints);
    await followed(this.#endpointFollowers, follower);
  }

  async counts(): Promise<ReadonlyMap<string, Counts>> {
    return new Map([['gateway', { ...NOTHING, arrivals: this.arrived }]]);
  }

  async lead(lead: (signal: AbortSignal) => Promise<void>, { signal }: Listener): Promise<void> {
    await lead(signal);
  }

  profile(): Promise<IdentifiedProfile> {
    throw new Error('this engine has no device to profile');
  }

  async recordEvent(event: EngineEvent): Promise<void> {
    this.events.push(event);
  }

  async stageToken(): Promise<string> {
    return TOKEN;
  }

  /** The replicas that the engine reports. */
  get endpoints(): readonly Endpoint[] {
    return [...this.#unseen, ...this.#replicas].flatMap(({ url, stages }) =>
      stages.map((stage): Endpoint => ({ url, stage, state: 'ready' })),
    );
  }

  /** Variants that the replicas of a stage have chosen. */
  chosen(stage: string): string[] {
    return this.#of(stage).map(({ held }) => held.of(stage).chosen.variant);
  }

  /** Variants that the first replica of a stage has loaded, standbys included. */
  variants(stage: string): string[] {
    return this.#of(stage)[0]!.held.of(stage).variants;
  }

  /** Ends a replica without telling the engine, as a machine that fails does: the engine goes on reporting the replica. */
  async crash(stage: string): Promise<void> {
    const replica = this.#of(stage)[0]!;
    this.#unseen.push(replica);
    await this.#end(replica);
  }

  /** Number of followers of the engine's plans and endpoints. */
  get followers(): number {
    return this.#planFollowers.size + this.#endpointFollowers.size;
  }

  /** Makes a replica stop answering, while the engine goes on reporting it. @returns a function that lets it answer again */
  async mute(stage: string): Promise<() => Promise<void>> {
    const { app, url } = this.#of(stage)[0]!;
    const closed = new Promise((resolve) => app.server.close(resolve));
    app.server.closeAllConnections();
    await closed;
    return () => new Promise((resolve) => app.server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  }

  /** Makes the engine notice the replicas that have crashed. */
  see(): void {
    this.#unseen = [];
    this.#report();
  }

  #report(): void {
    for (const { onChange } of this.#endpointFollowers) onChange(this.endpoints);
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => this.#end(replica)));
  }

  #of(stage: string): Replica[] {
    return this.#replicas.filter(({ stages }) => stages.includes(stage));
  }

  /** Starts and ends replicas until there is one for each worker of a plan. */
  async #scale(plan: Plan): Promise<void> {
    const surplus = [...this.#replicas];
    for (const { stages } of plan.workers) {
      const at = surplus.findIndex((replica) => `${replica.stages}` === `${stages}`);
      if (at < 0) await this.#start(plan, stages);
      else surplus.splice(at, 1);
    }
    for (const replica of surplus) await this.#end(replica);
    this.#report();
  }

  async #start(plan: Plan, stages: readonly string[]): Promise<void> {
    const held = await HeldStages.start(stages, {
      pipeline: this.pipeline,
      plan,
      startWorker: startWorker(this.pipeline),
      onEvent: () => {},
    });
    const app = createStageApp(held, { token: async () => TOKEN });
    const url = await listen(app, '127.0.0.1', 0);
    this.#replicas.push({ url, stages, held, app });
  }

  async #end(replica: Replica): Promise<void> {
    this.#replicas = this.#replicas.filter((other) => other !== replica);
    replica.held.close();
    replica.app.server.closeAllConnections();
    await replica.app.close();
  }
}

async function followed<T>(followers: Set<T>, follower: T & Listener): Promise<void> {
  followers.add(follower);
  await new Promise((resolve) => follower.signal.addEventListener('abort', resolve, { once: true }));
  followers.delete(follower);
}
