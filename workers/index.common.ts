/** The public API that browsers and Node share; `index.browser.ts` and `index.node.ts` add what differs. */
export type { Item, ItemBatch } from '../models/items/item-batch.ts';
export {
  ChecksumError,
  type LoadedManifest,
  MissingFileError,
  NoModelsError,
  type ReadFile,
} from '../models/manifests/load.ts';
export type { Pipeline, PipelineStage } from '../models/manifests/pipeline.ts';
export type { Pack } from '../models/packs/pack.ts';
export { InvalidPackError } from '../models/packs/safetensors.ts';
export type { ItemTruth } from '../models/tasks/judge.ts';
export { ipaEdgeSystem } from '../solver/adapt/ipa-edge-system.ts';
export { lastWindow } from '../solver/adapt/predictors/last-window.ts';
export type { Forecast, Predictor } from '../solver/adapt/predictors/predictor.ts';
export { quantile } from '../solver/adapt/predictors/quantile.ts';
export type { StandingRequest } from '../solver/adapt/standing-request.ts';
export type { LoadState, System } from '../solver/adapt/system.ts';
export type { Cell } from '../solver/documents/cell.ts';
export type { Backend, Device } from '../solver/documents/common.ts';
export { InvalidDocumentError, UnsupportedDocumentError } from '../solver/documents/document.ts';
export type { Manifest, ManifestStage } from '../solver/documents/manifest.ts';
export { type Plan, parsePlan } from '../solver/documents/plan.ts';
export { type IdentifiedProfile, type Profile, parseProfile } from '../solver/documents/profile.ts';
export { type FrontierPoint, parseReport } from '../solver/documents/report.ts';
export type { RunReport } from '../solver/documents/run-report.ts';
export { parseTrace, type Trace } from '../solver/documents/trace.ts';
export * from '../solver/plan/errors.ts';
export { type PartialPlanRequest, type PlanRequest, planRequest } from '../solver/plan/request.ts';
export type { Environment } from './environment/environment.ts';
export type { AdaptationOptions } from './executor/adapter.ts';
export { Executor } from './executor/executor.ts';
export {
  constantLoad,
  type Load,
  NoRequestsError,
  TooLongLoadError,
  TooManyRequestsError,
  traceLoad,
} from './executor/load.ts';
export { run } from './executor/run.ts';
export type { EndedRequest, RunOptions, RunProgress, RunWatch } from './executor/run-options.ts';
export { type ExecutorWorker, type StartWorker, workerStarter } from './executor/start-worker.ts';
export type { BatchRecord, ExecutorHooks, RequestAnswer } from './executor/types.ts';
export type { SolvedPlan } from './planner/planner.ts';
export type { RemotePlanner } from './planner/remote.ts';
export { type ProfileOptions, profile } from './profiler/profile.ts';
export { TooManyThreadsError } from './profiler/threads.ts';
export type { ProfileProgress, ProfileSettings } from './profiler/types.ts';
export {
  BackendUnavailableError,
  DeviceLostError,
  ExecutorClosedError,
  ModelLoadError,
  ModelMismatchError,
  OtherModelsError,
  TraceFolderError,
  UnknownStageError,
  WorkerLostError,
} from './runtime/errors.ts';
export type { StageWorker } from './stage/stage-worker.ts';
export { exportProfile, identify, importProfile, type JournalEntry } from './store/exchange.ts';
export {
  JournalInUseError,
  type ProfileEntry,
  ProfileNotFoundError,
  type Store,
  StoreFailedError,
  StoreFullError,
  StoreUnavailableError,
} from './store/store.ts';
