import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Pipeline } from '../../models/manifests/pipeline.ts';
import type { Counts } from '../../solver/adapt/serving-counts.ts';
import { type Plan, samePlan, stageNameOf } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { message } from '../../workers/runtime/errors.ts';
import type {
  ApplyOptions,
  Endpoint,
  Engine,
  EngineEvent,
  Follower,
  Listener,
  ObjectChange,
  ProfileListener,
  RolloutFollower,
} from '../cluster/engine.ts';
import { NoPreviousPlanError, OtherStagesError, PlanReplacedError } from '../cluster/errors.ts';
import { heavyRows } from '../cluster/replica-plan.ts';
import type { KubernetesApi } from './api.ts';
import { adaptPlan, applyPlan, type DeploymentContext } from './apply.ts';
import { gatewayCounts } from './counts.ts';
import { endpointsOf } from './endpoints.ts';
import { ChangedMeanwhileError } from './errors.ts';
import { recordEvent } from './events.ts';
import { follow } from './follow.ts';
import { Leadership } from './lease.ts';
import { removeEarlierPods } from './left-over.ts';
import { objectNames, otherPipelineOf, stageSelector } from './objects/labels.ts';
import { PLAN_KEY } from './objects/pods.ts';
import type { KubernetesObject } from './objects/types.ts';
import type { Place } from './place.ts';
import { type Applied, planAt, planRef, readApplied } from './plans.ts';
import { profileInJob } from './profile.ts';
import { awaitRollout } from './rollout.ts';
import { type GivenSettings, type PodSettings, podSettings } from './settings.ts';
import { tokenOf } from './token.ts';
import { removePipeline } from './uninstall.ts';

export interface KubernetesOptions {
  readonly pipeline: Pipeline;
  readonly namespace: string;
  /** Pod settings to change. Other settings stay as applied before; those of a profile job are the defaults. */
  readonly given?: GivenSettings;
  /** The InferencePipeline for which this engine works; absent if it works for a user. */
  readonly owner?: KubernetesObject;
}

/** The engine for Kubernetes: serves one pipeline in one namespace. */
export class KubernetesEngine implements Engine {
  constructor(
    private readonly api: KubernetesApi,
    private readonly options: KubernetesOptions,
  ) {}

  get target(): string {
    return `namespace ${this.options.namespace} of ${this.api.server}`;
  }

  get #place(): Place {
    return { api: this.api, pipeline: this.options.pipeline.name, namespace: this.options.namespace };
  }

  async apply(plan: Plan, options?: ApplyOptions): Promise<ObjectChange[]> {
    // Settings are read for each plan, because another process may have applied another image.
    // A stored plan that cannot be read counts as absent, so that `apply` can replace it.
    const applied = await this.#applied(options?.onEvent ?? (() => {}));
    const context = this.#context(applied, applied.settings);
    return applyPlan(this.api, plan, context, options).catch(this.#rethrow);
  }

  async adapt(plan: Plan, before: Plan): Promise<ObjectChange[]> {
    const applied = await this.#applied();
    if (applied.current === null || !samePlan(applied.current, before)) throw this.#replaced();
    return adaptPlan(this.api, plan, this.#context(applied, applied.settings)).catch(this.#rethrow);
  }

  #replaced(options?: ErrorOptions): PlanReplacedError {
    return new PlanReplacedError(this.options.pipeline.name, this.target, options);
  }

  readonly #rethrow = (error: unknown): never => {
    throw error instanceof ChangedMeanwhileError ? this.#replaced({ cause: error }) : error;
  };

  async cascadeStages(): Promise<ReadonlySet<string>> {
    const { pipeline, namespace } = this.options;
    const stages = new Set<string>();
    for (const [stage, row] of heavyRows(pipeline)) {
      const metadata = { name: objectNames(pipeline.name).pods([row]), namespace };
      const live = await this.api.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata });
      if (live && otherPipelineOf(live, pipeline.name) === undefined) stages.add(stage);
    }
    return stages;
  }

  async rollBack(options?: ApplyOptions) {
    const applied = await this.#applied();
    const { previous: plan, previousSettings, settings } = applied;
    const { pipeline } = this.options;
    if (plan === null) throw new NoPreviousPlanError(pipeline.name, this.target);
    const known = new Set(pipeline.stages.map(({ name }) => name));
    const others = plan.stages.map(stageNameOf).filter((name) => !known.has(name));
    if (others.length > 0) throw new OtherStagesError(pipeline.name, [...new Set(others)]);
    const context = this.#context(applied, previousSettings ?? settings);
    return { plan, changes: await applyPlan(this.api, plan, context, options).catch(this.#rethrow) };
  }

  /** Removes the pods that hold other groups of stages than the current plan wants. See {@link removeEarlierPods}. */
  async removeEarlierPods(adapts: boolean): Promise<string[]> {
    const applied = await this.#applied();
    if (!applied.current) return [];
    const { pipeline, settings } = this.#context(applied, applied.settings);
    return removeEarlierPods(this.api, { plan: applied.current, pipeline, settings }, adapts);
  }

  #applied(onUnreadable?: (why: string) => void): Promise<Applied> {
    return readApplied(this.#place, onUnreadable);
  }

  /** @param kept settings to keep where none are given */
  #context(applied: Applied, kept: PodSettings | null): DeploymentContext {
    const { pipeline, namespace, given = {} } = this.options;
    return { pipeline, settings: podSettings(pipeline.name, namespace, given, kept), applied };
  }

  awaitServing(follower: RolloutFollower): Promise<void> {
    return awaitRollout(this.#place, follower);
  }

  remove({ dryRun }: { readonly dryRun: boolean }): Promise<ObjectChange[]> {
    return removePipeline(this.#place, dryRun);
  }

  /** @param onUnreadable as in {@link readApplied} */
  async plan(onUnreadable?: (why: string) => void): Promise<Plan | null> {
    return (await this.#applied(onUnreadable)).current;
  }

  followPlan({ onChange, onEvent, signal }: Follower<Plan>): Promise<void> {
    const { apiVersion, kind, metadata } = planRef(this.#place);
    return follow(
      this.api,
      { apiVersion, kind, namespace: metadata.namespace, fields: `metadata.name=${metadata.name}` },
      {
        onChange([object]) {
          try {
            const plan = planAt(object, PLAN_KEY);
            if (plan) onChange(plan);
          } catch (error) {
            onEvent(`the plan stays: ${message(error)}`);
          }
        },
        onEvent,
        signal,
      },
    );
  }

  followEndpoints({ onChange, onEvent, signal }: Follower<readonly Endpoint[]>): Promise<void> {
    const { pipeline, namespace } = this.options;
    // A plan may have pods for a heavy variant beside those of a stage.
    const rows = [...heavyRows(pipeline)].flat();
    const labels = stageSelector(pipeline.name);
    return follow(
      this.api,
      { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labels },
      { onChange: (slices) => onChange(endpointsOf(slices, rows)), onEvent, signal },
    );
  }

  counts(): Promise<ReadonlyMap<string, Counts>> {
    return gatewayCounts(this.#place);
  }

  lead(lead: (signal: AbortSignal) => Promise<void>, { onEvent, signal }: Listener): Promise<void> {
    const { pipeline, namespace } = this.options;
    const name = objectNames(pipeline.name).watch;
    const identity = `${hostname()}_${randomUUID()}`;
    return new Leadership({ api: this.api, namespace, name, identity, onEvent, signal }).run(lead);
  }

  profile(settings: ProfileSettings, listener: ProfileListener): Promise<IdentifiedProfile> {
    const { pipeline, namespace, given = {}, owner } = this.options;
    const job = { pipeline, settings: podSettings(pipeline.name, namespace, given), owner };
    return profileInJob(this.api, settings, job, listener);
  }

  recordEvent(event: EngineEvent): Promise<void> {
    return recordEvent(this.#place, event);
  }

  stageToken(): Promise<string | undefined> {
    return tokenOf(this.#place);
  }
}
