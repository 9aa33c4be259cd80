import type { CellKey } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { RunReport } from '../../solver/documents/run-report.ts';
import type { AdaptationSettings } from '../executor/adaptation.ts';
import type { RunProgress } from '../executor/run-options.ts';
import type { ProfileProgress, ProfileSettings } from '../profiler/types.ts';
import type { OperatorTimes } from '../stage/protocol.ts';
import type { Store } from '../store/store.ts';

/** Plain data that a headless page and the process that drives its browser exchange. */

/** An error as plain data, because its class is lost on the way from the page to the process. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly exitCode: number;
}

export type HeadlessReply<T> = { readonly ok: T } | { readonly error: PlainError };

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
  readonly adaptation?: AdaptationSettings;
}

/** The functions of the headless page that the process driving the browser calls. */
export interface HeadlessApi {
  /** Why a backend cannot be used in this browser; null when the backend can be used. */
  whyUnavailable(backend: Backend): Promise<string | null>;
  profile(manifestUrl: string, settings: ProfileSettings): Promise<HeadlessReply<IdentifiedProfile>>;
  run(manifestUrl: string, what: HeadlessRun): Promise<HeadlessReply<RunReport>>;
  operators(manifestUrl: string, key: CellKey): Promise<HeadlessReply<OperatorTimes>>;
  /** Stops the work in progress. */
  abort(): void;
}

/** The functions of the process driving the browser that the headless page calls. */
export interface HeadlessDriver {
  ipaEdgeProgress(progress: ProfileProgress | RunProgress): void;
  ipaEdgeStore(method: keyof Store, args: unknown[]): Promise<unknown>;
}
