import type { Backend, Device } from '../../solver/documents/common.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** The platform on which the profiler and the executor run: a browser or Node. */
export interface Environment {
  /** The CPU backend whose outputs are the reference for those of other backends. */
  readonly reference: Backend;
  readonly logicalCores: number;
  /** CPU time of this process in milliseconds, without that of its workers. Absent in a browser, which does not report it. */
  cpuMs?(): number;
  /**
   * Starts a stage worker that has loaded ONNX Runtime.
   * @param signal ends the worker while it loads ONNX Runtime
   * @throws WorkerLostError
   */
  spawn(id: string, threads: number, signal?: AbortSignal): Promise<StageWorker>;
  describe(runtime: Runtime['info']): Promise<Device>;
  /** Whether the page is in a hidden tab, where the browser may throttle it. */
  hidden(): boolean;
  /** Resolves once the page is not hidden. */
  visible(): Promise<void>;
  /** Why a backend cannot run on this machine; null if it can. */
  unavailable(backend: Backend): Promise<string | null>;
}
