import { availableParallelism } from 'node:os';
import type { Backend } from '../../solver/documents/common.ts';
import type { Profiler, ProfilerOptions } from '../../workers/command/profile.ts';
import { hasGpu } from '../../workers/environment/gpu.js';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { measureProfile } from '../../workers/profiler/profile.ts';
import { loadModelFolder } from './model-folder.ts';

/** What is measured on this machine without being asked. CUDA is, where it was installed, when it is asked for. */
export const defaultBackends = (): Backend[] => (hasGpu() ? ['cpu', 'webgpu'] : ['cpu']);

/** Powers of two up to the cores there are, and all of them. */
export function defaultThreads(cores = availableParallelism()): number[] {
  const threads: number[] = [];
  for (let n = 1; n < cores; n *= 2) threads.push(n);
  return [...threads, cores];
}

/** Profiles with ONNX Runtime for Node, in child processes of this one. */
export async function openProfiler({ manifestPath, ...options }: ProfilerOptions): Promise<Profiler> {
  const models = await loadModelFolder(manifestPath);
  const environment = nodeEnvironment();
  return {
    whyUnavailable: environment.unavailable,
    profile: (settings) => measureProfile({ models, environment, settings, ...options }),
    close: async () => {},
  };
}
