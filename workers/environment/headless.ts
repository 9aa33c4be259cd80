import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/report.ts';
import type { AdaptationAsk } from '../executor/adaptation.ts';
import type { RunProgress } from '../executor/run-options.ts';
import type { OverheadResult } from '../overhead/measure.ts';
import type { OverheadRequest } from '../overhead/types.ts';
import type { ProfileProgress, ProfileSettings } from '../profiler/types.ts';
import type { Store } from '../store/store.ts';

/** What travels between a headless page and whoever drives its browser: plain data, no logic. */

/** An error as plain data: its class does not survive the way out of the page. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly exitCode: number;
}

export type Answer<T> = { readonly ok: T } | { readonly error: PlainError };

export interface HeadlessRun {
  readonly name: string;
  readonly plan: Plan;
  readonly backends: RunReport['backends'];
  readonly load: {
    kind: RunReport['load']['kind'];
    ratePerS: number;
    durationS: number;
    arrivalsMs: number[];
  };
  readonly seed: number;
  readonly adaptation?: AdaptationAsk;
}

/** What the driver calls. */
export interface HeadlessApi {
  profile(manifestUrl: string, settings: ProfileSettings): Promise<Answer<IdentifiedProfile>>;
  run(manifestUrl: string, what: HeadlessRun): Promise<Answer<RunReport>>;
  /** For the benchmark alone: loaded when it is asked for. */
  overhead(manifestUrl: string, request: OverheadRequest): Promise<Answer<OverheadResult>>;
  /** Ends what is running after the run in flight. */
  abort(): void;
}

/** What the driver offers to the page. */
export interface HeadlessDriver {
  ipaEdgeProgress(progress: ProfileProgress | RunProgress): void;
  ipaEdgeStore(method: keyof Store, args: unknown[]): Promise<unknown>;
}
