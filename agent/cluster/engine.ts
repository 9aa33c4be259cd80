import type { Counts } from '../../solver/adapt/serving-counts.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';

/**
 * An engine, e.g. Kubernetes, runs the replicas of a plan's stages, and the gateways in front of them, on many machines. Each
 * instance serves one pipeline in one deployment target, e.g. a namespace. Gateway and watch use an engine only through this
 * interface. Methods throw the engine's own errors if the engine does not answer or refuses a request, except `followPlan`,
 * `followEndpoints` and `lead`, which report this to the listener and try again.
 */
export interface Engine {
  /** Name of the deployment target in messages, e.g. `namespace shop of https://10.0.0.1:6443`. */
  readonly target: string;

  /**
   * Makes the engine serve a plan: starts, changes and ends replicas, and keeps the plan before this one for a rollback.
   * Applying the same plan again changes nothing. If a stage needs the same resources as before, its replicas keep running: the
   * gateway changes their variant and batch with `PUT /stage/<stage>`.
   * @returns the change of each object of the engine that the plan needs, and of each removed object
   * @throws NotDeployableError if replicas of this engine cannot run the plan, EditedPlanError if the plan contradicts itself,
   * PlanReplacedError if another process stores a plan during this call, and the engine's own error if it has no room
   */
  apply(plan: Plan, options?: ApplyOptions): Promise<ObjectChange[]>;

  /**
   * Serves another plan for the same pipeline with the settings that were applied: changes the stored plan and the replicas, and
   * nothing else. A field that another tool manages keeps that tool's value, e.g. the replica count that an autoscaler sets. If
   * the new plan drops the heavy variant of a stage, the replicas of that variant end. The plan for a rollback stays as it is.
   * @param before the plan that the new one is to replace
   * @returns the changes, each with the fields that keep another tool's value
   * @throws PlanReplacedError if another plan than `before` is stored: somebody else applied it, perhaps during this call
   */
  adapt(plan: Plan, before: Plan): Promise<ObjectChange[]>;

  /**
   * The stages in which a plan for {@link adapt} may have a cascade: only those for which the engine already has an object that
   * runs replicas of the heavy variant, e.g. a Deployment, because `adapt` creates none.
   */
  cascadeStages(): Promise<ReadonlySet<string>>;

  /**
   * Serves the plan again that served before {@link apply} last changed something, with the settings, e.g. the image, that this
   * plan was applied with. Passes over plans whose replicas never all served, as far as the engine knows.
   * @throws NoPreviousPlanError, OtherStagesError
   */
  rollBack(options?: ApplyOptions): Promise<{ readonly plan: Plan; readonly changes: ObjectChange[] }>;

  /**
   * Waits until every replica and gateway of the applied plan serves.
   * @throws NotServingError after `timeoutMs` or once the engine gives up, and the signal's reason if the signal aborts first
   */
  awaitServing(follower: RolloutFollower): Promise<void>;

  /** Removes all objects of the pipeline; a dry run only lists them. @returns these objects, with the state `pruned` */
  remove(options: { readonly dryRun: boolean }): Promise<ObjectChange[]>;

  /** The plan that serves; null if none was applied. @throws InvalidDocumentError if a stored plan is invalid */
  plan(): Promise<Plan | null>;

  /**
   * Reports the applied plan at the start and whenever any process changes it, until the signal aborts. Reports nothing while the
   * engine does not answer.
   */
  followPlan(follower: Follower<Plan>): Promise<void>;

  /** Reports all replicas and their states, and every change, until the signal aborts. */
  followEndpoints(follower: Follower<readonly Endpoint[]>): Promise<void>;

  /**
   * The counters of each gateway since its start, by the gateway's name: its `/metrics`, parsed by `countsIn`. The engine reads
   * them, because the command `watch` may run where it cannot reach the gateways. Rejects if a serving gateway does not answer.
   */
  counts(): Promise<ReadonlyMap<string, Counts>>;

  /**
   * Elects a leader among the processes that watch the pipeline, and calls `lead` whenever this process is elected, until the
   * listener's signal aborts. At most one process leads: the signal passed to `lead` aborts before another process is elected.
   */
  lead(lead: (signal: AbortSignal) => Promise<void>, listener: Listener): Promise<void>;

  /**
   * Runs `ipa-agent profile` on one of the engine's machines, and then removes the objects that the run needed.
   * @param listener gets each line that the profiler writes before the profile
   * @throws Interrupted if the signal aborts
   */
  profile(settings: ProfileSettings, listener: ProfileListener): Promise<IdentifiedProfile>;

  /** Adds an entry to the history of plans, which users read with the engine's tools. */
  recordEvent(event: EngineEvent): Promise<void>;

  /** The token that replicas require for `PUT /stage/<stage>`; undefined if no plan was applied yet. */
  stageToken(): Promise<string | undefined>;
}

export interface ApplyOptions {
  /**
   * Takes over the fields that other tools manage, even the number of replicas. Without `force` and `yields`, a number of
   * replicas that an autoscaler has set stays, and any other managed field that would change is an error.
   */
  readonly force?: boolean;
  /**
   * Leaves the fields that other tools manage unchanged, and applies all others. {@link ObjectChange.stay} names the unchanged
   * fields.
   */
  readonly yields?: boolean;
  /** Reports what would change, without changing it. */
  readonly dryRun?: boolean;
  /** Removes objects that only earlier plans needed. */
  readonly prune?: boolean;
  /** Applies a plan although the engine has no room for all replicas: some replicas wait until machines are added. */
  readonly allowPending?: boolean;
  /** Gets one line for a log, e.g. that something could not be checked. */
  onEvent?(what: string): void;
}

/** How many replicas and gateways of an applied plan serve already. */
export interface Rollout {
  /** Number of replicas and gateways that serve. */
  readonly ready: number;
  /** Number of replicas and gateways that the plan needs. */
  readonly wanted: number;
  /**
   * One text for each thing that is still awaited: why a replica or gateway does not serve yet, or that earlier replicas have not
   * ended. Each text names the replicas or the gateway.
   */
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
  /** Fields that keep their values because other tools manage them, one text for each field. */
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

/**
 * A stage that a replica holds, and the replica's state as the engine sees it. A replica that holds several stages has an
 * endpoint for each.
 */
export interface Endpoint {
  /** URL without a path, e.g. `http://10.0.0.7:8080`. */
  readonly url: string;
  readonly stage: string;
  /**
   * `ready`: the replica can run batches; `leaving`: the replica still can, but ends soon; `unready`: the engine does not know
   * the replica to be ready, because it has not started yet, has failed, or is out of the engine's sight.
   */
  readonly state: 'ready' | 'leaving' | 'unready';
}

export interface Listener {
  /** Gets one line for a log, e.g. that the engine does not answer, or answers again. */
  onEvent(what: string): void;
  /** Ends the method that the listener was passed to. */
  readonly signal: AbortSignal;
}

export interface ProfileListener extends Listener {
  /** Called with a sentence that says what the job waits for, and with null once the job has started. */
  onWait?(why: string | null): void;
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
