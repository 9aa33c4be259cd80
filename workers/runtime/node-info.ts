import { createRequire } from 'node:module';
import { type Runtime, timerGrainMs } from './runtime.ts';

/** Describes the runtime of Node's workers. It does not load ONNX Runtime, so a process need not start a worker to know this. */
export function nodeRuntimeInfo(): Runtime['info'] {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { ortVersion: version, ortBuild: 'node', crossOriginIsolated: false, timerGrainMs: timerGrainMs() };
}
