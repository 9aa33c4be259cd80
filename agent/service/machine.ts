import { availableParallelism } from 'node:os';
import type { Backend } from '../../solver/documents/common.ts';
import type { Profiler, ProfilerOptions } from '../../workers/command/profile.ts';
import { hasGpu } from '../../workers/environment/gpu.js';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { measureServing } from '../profiler/measure-serving.ts';
import { loadModelFolder } from './model-folder.ts';

/** Backends measured by default. CUDA is not among them, because few machines have its libraries. */
export const defaultBackends = (): Backend[] => (hasGpu() ? ['cpu', 'webgpu'] : ['cpu']);

/** Thread counts measured by default: the powers of two below the number of cores, and the number of cores. */
export function defaultThreads(): number[] {
  const cores = availableParallelism();
  const threads: number[] = [];
  for (let n = 1; n < cores; n *= 2) threads.push(n);
  return [...threads, cores];
}

/**
 * Opens a profiler of this machine. It measures the models with ONNX Runtime for Node in child processes, and it measures the
 * agent's servers.
 */
export async function openProfiler(
  { manifestPath, ...options }: ProfilerOptions,
  { pods }: Pick<ProfileSettings, 'pods'>,
): Promise<Profiler> {
  const models = await loadModelFolder(manifestPath, options.signal);
  const environment = nodeEnvironment({ pod: pods !== undefined });
  return {
    whyUnavailable: environment.unavailable,
    profile: (settings) =>
      measureProfile({
        models,
        environment,
        settings: { ...settings, ...(pods && { pods }) },
        measureServing: measureServing(models.manifest),
        ...options,
      }),
    close: async () => {},
  };
}
