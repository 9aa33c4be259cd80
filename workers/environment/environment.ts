import type { Backend, Device } from '../../solver/documents/common.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { StageWorker } from '../stage/stage-worker.ts';

/** What profiler and executor need of where they run. */
export interface Environment {
  /** Backends that ONNX Runtime has here, whether or not this machine can run them. */
  readonly backends: readonly Backend[];
  /** The CPU backend: what other backends' outputs are compared with. */
  readonly reference: Backend;
  readonly logicalCores: number;
  /** A new stage worker with ONNX Runtime loaded. @throws WorkerLostError */
  spawn(id: string, threads: number): Promise<StageWorker>;
  describe(runtime: Runtime['info']): Promise<Device>;
  /** Whether the browser may throttle the work because nobody looks at the page. */
  hidden(): boolean;
  /** Resolves when it is not hidden. */
  visible(): Promise<void>;
  /** Why a backend cannot run on this machine; null where it can. */
  unavailable(backend: Backend): Promise<string | null>;
}

/** A CPU that plays GPU; known by name, since browsers do not always say so. */
export const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|warp|basic render/i;
