import type { Session, TensorInfo } from '../../models/tasks/tensor.ts';
import type { Backend, Device } from '../../solver/documents/common.ts';

/** Options for creating a session. */
export interface ModelOptions {
  /** Whether runs may keep outputs in the backend's memory. */
  readonly keeps: boolean;
  /** Contents of the files of weights outside the model, by the file names in the model. */
  readonly weights: Readonly<Record<string, Uint8Array>>;
  /** Whether ONNX Runtime times the operators of each run, which makes runs slower. */
  readonly profiled: boolean;
}

/**
 * One ONNX Runtime session: a loaded model on one backend. In a browser, a run on a lost GPU device throws DeviceLostError;
 * Node's build does not report the loss.
 */
export interface OrtSession extends Session {
  /** Whether some nodes run on the CPU although the backend uses a GPU. False if profiled: the trace shows where nodes run. */
  readonly cpuFallback: boolean;
  /** Ends the profiler of a profiled session. @param take called with each line of its trace: JSON with one event per line */
  endProfiling(take: (line: string) => void): Promise<void>;
  release(): Promise<void>;
}

/**
 * ONNX Runtime in one worker. Two operations at once hang or corrupt it, so a caller must wait for the end of each
 * `createSession`, `run` or `release` before the next.
 */
export interface Runtime {
  readonly info: Pick<Device, 'ortVersion' | 'ortBuild' | 'crossOriginIsolated' | 'timerGrainMs'>;
  createSession(model: Uint8Array, backend: Backend, options?: Partial<ModelOptions>): Promise<OrtSession>;
  /** Resolves with the reason when the GPU device is lost; never before a GPU session exists. */
  readonly lost: Promise<string>;
}

/** Dimensions as text for messages, e.g. `[batch, 1, open]`. */
export const dimsText = (dims: TensorInfo['dims']): string =>
  `[${dims.map((dim, i) => dim ?? (i === 0 ? 'batch' : 'open')).join(', ')}]`;

/** Fewest steps of the clock to compare, because on a busy machine a pause of the program may make some steps long. */
const STEPS = 8;

/** The smallest step of `performance.now()`, in milliseconds, measured for 4 ms and at least {@link STEPS} steps. */
export function timerGrainMs(): number {
  let grain = Number.POSITIVE_INFINITY;
  const start = performance.now();
  for (let last = start, steps = 0; last - start < 4 || steps < STEPS; ) {
    const now = performance.now();
    if (now > last) {
      grain = Math.min(grain, now - last);
      steps++;
    }
    last = now;
  }
  return Math.round(grain * 1e6) / 1e6;
}
