import { BATCH_MAX, type Device, onGpu } from '../documents/common.ts';
import { type Manifest, modelsOf } from '../documents/manifest.ts';
import { heldModels, type Plan, stageNameOf, stageRows } from '../documents/plan.ts';
import type { Profile } from '../documents/profile.ts';

/** A device with a pipeline's models, on which a plan is to run. */
export interface Target {
  readonly pipeline: string;
  readonly device: Device;
  /** All models of the pipeline, by stage. */
  readonly stages: readonly {
    readonly name: string;
    readonly variants: readonly { readonly name: string; readonly sha256: string }[];
  }[];
}

/** A plan that a user gives may have at most this many workers for each core, because each worker is a process. */
const WORKERS_PER_CORE_MAX = 4;

/** Reasons why a plan does not fit a pipeline with these models, one line each; empty if it fits. */
export function modelMismatches(plan: Plan, { pipeline, stages }: Omit<Target, 'device'>): string[] {
  if (plan.pipeline !== pipeline)
    return [`it is of pipeline ${plan.pipeline}, and the models here are of ${pipeline}`];
  const reasons: string[] = [];
  const order = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(', ');
  const own = stageRows(plan.stages);
  if (order(own) !== order(stages))
    reasons.push(`its stages are ${order(own)}, and those of the pipeline are ${order(stages)}`);
  else
    for (const row of plan.stages) {
      const stage = stages.find(({ name }) => name === stageNameOf(row))!;
      for (const { variant, sha256 } of heldModels(row)) {
        const here = stage.variants.find((other) => other.name === variant);
        if (!here) reasons.push(`stage ${stage.name} has no variant ${variant} here`);
        else if (here.sha256 !== sha256)
          reasons.push(`${stage.name}/${variant} has SHA-256 ${sha256} in the plan and ${here.sha256} here`);
      }
    }
  for (const { name, batch } of plan.stages)
    if (batch > BATCH_MAX)
      reasons.push(`stage ${name} has batches of ${batch}, and ${BATCH_MAX} is the most`);
  return reasons;
}

/** Reasons why a plan does not fit the models of a manifest, one line each; empty if it fits. */
export const manifestMismatches = (plan: Plan, manifest: Manifest): string[] =>
  modelMismatches(plan, { pipeline: manifest.name, stages: modelsOf(manifest) });

/** Reasons why a plan cannot run on a target, one line each; empty if it can. */
export function planMismatches(plan: Plan, target: Target): string[] {
  const ofModels = modelMismatches(plan, target);
  if (plan.pipeline !== target.pipeline) return ofModels;
  const { device } = target;
  const reasons = [...deviceMismatches(plan.profile.device, device), ...ofModels];
  // In a browser, WebGPU can run on a software adapter; ONNX Runtime for Node needs a GPU.
  const noGpu = device.environment === 'node' && device.adapter?.software === true;
  for (const { name, backend } of plan.stages)
    if (noGpu && onGpu(backend)) reasons.push(`stage ${name} runs on ${backend}, and there is no GPU`);
  const cores = device.logicalCores;
  const mostWorkers = WORKERS_PER_CORE_MAX * cores;
  if (plan.workers.length > mostWorkers)
    reasons.push(`it has ${plan.workers.length} workers, and ${cores} cores bear ${mostWorkers} at most`);
  for (const { id, threads } of plan.workers)
    if (threads > cores) reasons.push(`worker ${id} has ${threads} threads, and there are ${cores} cores`);
  return reasons;
}

/** Reasons why a profile cannot be used to plan for a target, one line each; empty if it can. */
export function profileMismatches(profile: Profile, target: Target): string[] {
  if (profile.pipeline !== target.pipeline)
    return [`it is of pipeline ${profile.pipeline}, and the models here are of ${target.pipeline}`];
  const models = (stages: Target['stages']) =>
    JSON.stringify(stages.map((s) => [s.name, s.variants.map((v) => [v.name, v.sha256])]));
  const reasons = deviceMismatches(profile.device, target.device);
  if (models(profile.stages) !== models(target.stages)) reasons.push('it is of other models');
  return reasons;
}

/** The fields in which two devices differ, one line each, without the timer's grain, which is measured anew each time. */
function deviceMismatches(there: Device, here: Device): string[] {
  const fields = (Object.keys(here) as (keyof Device)[]).filter((field) => field !== 'timerGrainMs');
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return fields
    .filter((field) => text(there[field]) !== text(here[field]))
    .map(
      (field) => `it is of a device whose ${field} is ${text(there[field])}; here it is ${text(here[field])}`,
    );
}
