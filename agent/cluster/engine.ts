import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';

/**
 * What an engine must give: it runs the replicas of a plan's stages, and the gateway in front of them, on many machines.
 * An engine is opened for one pipeline in one place. Gateway and watch use nothing else of an engine, so that another one
 * needs no change to them. Every method throws errors of the engine's own where the engine does not answer or says no.
 */
export interface Engine {
  /** Names the place in messages, e.g. `namespace shop of https://10.0.0.1:6443`. */
  readonly place: string;

  /**
   * Makes the engine serve a plan: starts, changes and ends replicas, and keeps the plan before this one for a rollback.
   * Applying the same plan again changes nothing. Where a stage needs the same resources as before, its replicas run on: the
   * gateway changes their variant and batch with `PUT /stage`.
   * @returns a line for each object of the engine that the plan needs
   * @throws NotDeployableError where replicas of this engine cannot run the plan
   */
  apply(plan: Plan, options?: ApplyOptions): Promise<ObjectChange[]>;

  /** The plan that was applied last, and the one before it. @throws InvalidDocumentError where a plan cannot be read */
  plans(): Promise<AppliedPlans>;

  /**
   * Follows the plan that is applied, by whatever process, until the signal aborts. While the engine does not answer, no
   * change is reported.
   */
  followPlan(follower: Follower<Plan>): Promise<void>;

  /** Follows the replicas of all stages that are ready to run batches, in the same way. */
  followEndpoints(follower: Follower<readonly Endpoint[]>): Promise<void>;

  /**
   * Requests of the pipeline that have arrived at the gateway since it started: the counter `ipa_edge_arrivals_total` of its
   * `/metrics`, which {@link arrivalsIn} reads. Watch may run where only the engine can reach the gateway.
   */
  arrivals(): Promise<number>;

  /**
   * Elects a leader among the processes that watch the pipeline, and calls `lead` whenever this process is elected, until the
   * listener's signal aborts. At most one process leads: the signal that `lead` gets aborts before another one is elected.
   */
  lead(lead: (signal: AbortSignal) => Promise<void>, listener: Listener): Promise<void>;

  /**
   * Profiles on a machine that is to serve, as `ipa-agent profile` does there, and leaves nothing behind.
   * @param listener hears what the profiler writes, line by line
   * @throws Interrupted where the signal aborts
   */
  profile(settings: ProfileSettings, listener: Listener): Promise<IdentifiedProfile>;

  /** Adds an entry to the history of plans, where the engine's users read it. */
  recordEvent(event: EngineEvent): Promise<void>;

  /** The token with which the replicas accept `PUT /stage`; undefined where nothing was applied yet. */
  stageToken(): Promise<string | undefined>;
}

export interface ApplyOptions {
  /** Takes over what other tools manage. */
  readonly force?: boolean;
  /** Reports what would change, and changes nothing. */
  readonly dryRun?: boolean;
  /** Removes what earlier plans have left behind. */
  readonly prune?: boolean;
}

/** What became of an object of the engine or, in a dry run, would become of it. */
export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly state: 'created' | 'changed' | 'unchanged' | 'pruned';
  readonly changes: readonly FieldChange[];
}

/** A field that differs. Undefined values: the field does not exist. */
export interface FieldChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** Shown in place of values that are too long to read. */
  readonly summary?: string;
}

/** Null: there is no such plan. */
export interface AppliedPlans {
  readonly current: Plan | null;
  readonly previous: Plan | null;
}

/** Where a replica of a stage answers. */
export interface Endpoint {
  /** E.g. `http://10.0.0.7:8080`. */
  readonly url: string;
  readonly stage: string;
}

export interface Listener {
  /** Reports one line for a log, e.g. that the engine does not answer, or answers again. */
  onEvent(what: string): void;
  /** Ends the method that was given the listener. */
  readonly signal: AbortSignal;
}

export interface Follower<T> extends Listener {
  /** Called with the state at the start, and with the whole state after each change. */
  onChange(state: T): void;
}

export interface EngineEvent {
  readonly type: 'Normal' | 'Warning';
  /** One word in upper camel case, e.g. `PlanChanged`. */
  readonly reason: string;
  readonly text: string;
}
