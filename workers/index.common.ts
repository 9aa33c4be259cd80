/** The public API that browsers and Node share; `index.browser.ts` and `index.node.ts` add what differs. */
export {
  ChecksumError,
  type LoadedManifest,
  MissingFileError,
  NoModelsError,
  type ReadFile,
} from '../models/manifests/load.ts';
export { InvalidPackError } from '../models/packs/safetensors.ts';
export { ipaEdgeSystem } from '../solver/adapt/ipa-edge-system.ts';
export { lastWindow } from '../solver/adapt/predictors/last-window.ts';
export type { Forecast, Predictor } from '../solver/adapt/predictors/predictor.ts';
export { quantile } from '../solver/adapt/predictors/quantile.ts';
export type { StandingRequest } from '../solver/adapt/standing-request.ts';
export type { LoadState, System } from '../solver/adapt/system.ts';
export type { Cell } from '../solver/documents/cell.ts';
export type { Backend, Device } from '../solver/documents/common.ts';
export { InvalidDocumentError, UnsupportedDocumentError } from '../solver/documents/document.ts';
export type { Manifest } from '../solver/documents/manifest.ts';
export { type Plan, parsePlan } from '../solver/documents/plan.ts';
export { type IdentifiedProfile, type Profile, parseProfile } from '../solver/documents/profile.ts';
export { type FrontierPoint, parseReport } from '../solver/documents/report.ts';
export type { RunReport } from '../solver/documents/run-report.ts';
export { parseTrace, type Trace } from '../solver/documents/trace.ts';
export * from '../solver/plan/errors.ts';
export { type PartialPlanRequest, planRequest } from '../solver/plan/request.ts';
export type { Environment } from './environment/environment.ts';
export type { AdaptationOptions } from './executor/adapter.ts';
export { Executor } from './executor/executor.ts';
export {
  constantLoad,
  type Load,
  NoRequestsError,
  TooManyRequestsError,
  traceLoad,
} from './executor/load.ts';
export { run } from './executor/run.ts';
export type { RunOptions, RunProgress } from './executor/run-options.ts';
export { workerStarter } from './executor/start-worker.ts';
export type { RemotePlanner } from './planner/remote.ts';
export { type ProfileOptions, profile } from './profiler/profile.ts';
export { TooManyThreadsError } from './profiler/threads.ts';
export type { ProfileProgress, ProfileSettings } from './profiler/types.ts';
export * from './runtime/errors.ts';
export { exportProfile, identify, importProfile } from './store/exchange.ts';
export { ProfileNotFoundError, type Store, StoreFullError, StoreUnavailableError } from './store/store.ts';
