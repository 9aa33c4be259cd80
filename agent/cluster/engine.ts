import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import type { Counts } from '../service/counts.ts';

/**
 * An engine, e.g. Kubernetes, runs the replicas of a plan's stages, and the gateways in front of them, on many machines. It is
 * opened for one pipeline in one deployment target, e.g. a namespace. Gateway and watch use an engine only through this
 * interface. Every method throws the engine's own errors if the engine does not answer or refuses.
 */
export interface Engine {
  /** Name of the deployment target in messages, e.g. `namespace shop of https://10.0.0.1:6443`. */
  readonly target: string;

  /**
   * Makes the engine serve a plan: starts, changes and ends replicas, and keeps the plan before this one for a rollback.
   * Applying the same plan again changes nothing. If a stage needs the same resources as before, its replicas keep running: the
   * gateway changes their variant and batch with `PUT /stage/<stage>`.
   * @returns the change of each object of the engine that the plan needs
   * @throws NotDeployableError if replicas of this engine cannot run the plan, and the engine's own error if it has no room
   */
  apply(plan: Plan, options?: ApplyOptions): Promise<ObjectChange[]>;

  /**
   * Serves another plan for the same pipeline with the settings that were applied: changes the stored plan and the replicas,
   * and nothing else. A field that another tool manages, e.g. the number of replicas by an autoscaler, keeps that tool's value. If the
   * new plan drops the heavy variant of a stage, the replicas of that variant end.
   * @param before the plan that the new one is to replace
   * @returns the changes, with the fields that stay
   * @throws PlanReplacedError if another plan than `before` is stored: somebody else applied it, perhaps during this call
   */
  adapt(plan: Plan, before: Plan): Promise<ObjectChange[]>;

  /** The stages in which plans for {@link adapt} may have a cascade: those with something to run replicas of a heavy variant. */
  cascadeStages(): Promise<ReadonlySet<string>>;

  /**
   * Serves the plan before the current one again, with the settings that it was applied with, e.g. its image.
   * @throws NoPreviousPlanError
   */
  rollBack(options?: ApplyOptions): Promise<{ readonly plan: Plan; readonly changes: ObjectChange[] }>;

  /**
   * Waits until every replica and gateway of the applied plan serves.
   * @throws NotServingError, and the signal's reason if it aborts before
   */
  awaitServing(follower: RolloutFollower): Promise<void>;

  /** Removes everything of the pipeline, or reports what would be removed. @returns the objects, as pruned */
  remove(options: { readonly dryRun: boolean }): Promise<ObjectChange[]>;

  /** The plan applied last, and the one applied before it. @throws InvalidDocumentError if a stored plan is invalid */
  plans(): Promise<AppliedPlans>;

  /**
   * Reports the applied plan and its changes, by whatever process, until the signal aborts. While the engine does not answer,
   * it reports nothing.
   */
  followPlan(follower: Follower<Plan>): Promise<void>;

  /** Reports all replicas and their states, and every change, until the signal aborts. */
  followEndpoints(follower: Follower<readonly Endpoint[]>): Promise<void>;

  /**
   * What each gateway has counted since it started, by the gateway's name: `/metrics`, read with `countsIn`. The engine reads it,
   * because the command `watch` may run where it cannot reach the gateways. Fails if a gateway that serves does not answer.
   */
  counts(): Promise<ReadonlyMap<string, Counts>>;

  /**
   * Elects a leader among the processes that watch the pipeline, and calls `lead` whenever this process is elected, until the
   * listener's signal aborts. At most one process leads: the signal passed to `lead` aborts before another process is elected.
   */
  lead(lead: (signal: AbortSignal) => Promise<void>, listener: Listener): Promise<void>;

  /**
   * Profiles on one of the engine's machines, like `ipa-agent profile` there, and removes what it started.
   * @param listener gets each line that the profiler writes
   * @throws Interrupted if the signal aborts
   */
  profile(settings: ProfileSettings, listener: Listener): Promise<IdentifiedProfile>;

  /** Adds an entry to the history of plans, which users read with the engine's tools. */
  recordEvent(event: EngineEvent): Promise<void>;

  /** The token that replicas require for `PUT /stage/<stage>`; undefined if no plan was applied yet. */
  stageToken(): Promise<string | undefined>;
}

export interface ApplyOptions {
  /** Takes over fields that other tools manage. */
  readonly force?: boolean;
  /** Leaves fields that other tools manage, and applies all else. The changes name the fields that stay. */
  readonly yields?: boolean;
  /** Reports what would change, without changing it. */
  readonly dryRun?: boolean;
  /** Removes objects that only earlier plans needed. */
  readonly prune?: boolean;
  /** Applies a plan although the engine has no room for all replicas: some wait until machines are added. */
  readonly allowPending?: boolean;
  /** Gets one line for a log, e.g. that something could not be checked. */
  onEvent?(what: string): void;
}

/** How far the replicas and gateways of an applied plan are. */
export interface Rollout {
  /** Number of those that serve, and of those that are to. */
  readonly ready: number;
  readonly wanted: number;
  /** What the others wait for, one text each with the name of the replica. */
  readonly waits: readonly string[];
}

export interface RolloutFollower {
  /** Gets the state at the start and from time to time. */
  onChange(rollout: Rollout): void;
  /** Milliseconds after which the wait fails. */
  readonly timeoutMs: number;
  /** Milliseconds between two readings of the state; by default the engine's choice. */
  readonly readMs?: number;
  readonly signal: AbortSignal;
}

/** How an object of the engine was changed or, in a dry run, would be. */
export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly state: 'created' | 'changed' | 'unchanged' | 'pruned';
  readonly changes: readonly FieldChange[];
  /** Fields that stay because other tools manage them, one text each. */
  readonly stay?: readonly string[];
}

/** A changed field. An undefined value means that the field does not exist. */
export interface FieldChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Text to show instead of values that are too long to read. */
  readonly summary?: string;
}

/** The plan that serves and the plan for a rollback; null where there is none. */
export interface AppliedPlans {
  readonly current: Plan | null;
  readonly previous: Plan | null;
}

/** A stage of a replica and the replica's state, as the engine sees it. A replica of several stages is an endpoint of each. */
export interface Endpoint {
  /** URL without a path, e.g. `http://10.0.0.7:8080`. */
  readonly url: string;
  readonly stage: string;
  /**
   * `ready`: the replica can run batches; `leaving`: it still can, and ends soon; `unready`: the engine does not take it for
   * ready, because it has not started yet, has failed, or cannot be seen.
   */
  readonly state: 'ready' | 'leaving' | 'unready';
}

export interface Listener {
  /** Gets one line for a log, e.g. that the engine does not answer, or answers again. */
  onEvent(what: string): void;
  /** Ends the method that the listener was passed to. */
  readonly signal: AbortSignal;
}

export interface Follower<T> extends Listener {
  /** Gets the whole state at the start and after each change. */
  onChange(state: T): void;
}

export interface EngineEvent {
  readonly type: 'Normal' | 'Warning';
  /** One word in upper camel case, as in Kubernetes Events, e.g. `PlanChanged`. */
  readonly reason: string;
  readonly text: string;
}
