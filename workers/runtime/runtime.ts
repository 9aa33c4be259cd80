import type { Session, TensorInfo } from '../../models/tasks/tensor.ts';
import type { Backend, Device } from '../../solver/documents/common.ts';

/** Dimensions as people read them. */
export const dimsText = (dims: TensorInfo['dims']): string =>
  `[${dims.map((dim, i) => dim ?? (i === 0 ? 'batch' : 'open')).join(', ')}]`;

/** A session of ONNX Runtime: one loaded model on one backend. */
export interface OrtSession extends Session {
  /** Some nodes run on the CPU although the backend is a GPU's. */
  readonly cpuFallback: boolean;
  release(): Promise<void>;
}

/**
 * ONNX Runtime of one worker. Not safe for overlapping operations: two at once hang or corrupt it, so
 * callers keep one `createSession`, `run` or `release` in flight.
 */
export interface Runtime {
  readonly info: Pick<Device, 'ortVersion' | 'ortBuild' | 'crossOriginIsolated' | 'timerGrainMs'>;
  createSession(model: Uint8Array, backend: Backend): Promise<OrtSession>;
  /** Resolves with the reason when the GPU device is lost; never before a GPU session exists. */
  readonly lost: Promise<string>;
}

/** The smallest step of `performance.now()` seen in a few milliseconds. */
export function timerGrainMs(): number {
  let grain = Number.POSITIVE_INFINITY;
  const start = performance.now();
  for (let last = start; last - start < 4; ) {
    const now = performance.now();
    if (now > last) grain = Math.min(grain, now - last);
    last = now;
  }
  return Math.round(grain * 1e6) / 1e6;
}
