import type { Pipeline, PipelineStage } from '../../../models/manifests/pipeline.ts';
import { inputValues } from '../../../models/tasks/registry.ts';
import { type Backend, type Device, onGpu } from '../../../solver/documents/common.ts';
import { sizeBytesOf } from '../../../solver/documents/manifest.ts';
import { type Plan, type PlanStage, stageNameOf } from '../../../solver/documents/plan.ts';
import { sum } from '../../../solver/math/statistics.ts';
import type { PodSettings } from '../settings.ts';

/** The port on which a container serves. */
export const PORT = 8080;
/** Path at which the plan is mounted. */
export const PLAN_FILE = '/etc/ipa-edge/plan.json';
/** Path at which the token is mounted. */
export const TOKEN_FILE = '/var/run/ipa-edge/token';
/** Path at which a gateway remembers the replicas: on a volume of the pod, which outlives the container. */
export const REPLICAS_FILE = '/tmp/replicas.json';
/** Key of the plan in its ConfigMap. */
export const PLAN_KEY = 'plan.json';
/** Key of the token in its Secret. */
export const TOKEN_KEY = 'token';

const MIB = 2 ** 20;
/** Base memory of the process that serves HTTP, and of one that runs sessions, without models and items. */
const PROCESS_BYTES = { http: 256 * MIB, session: 256 * MIB };
/** Bytes of session memory per byte of model: the weights, an optimised copy of the weights, and work space. */
const BYTES_PER_MODEL_BYTE = 4;
/** Bytes of memory per value of a batch's input: the items' bytes, their float32 values, and copies. */
const BYTES_PER_VALUE = 16;
/** The largest batch size for which a pod has memory, so that plans may change the batch size of a running pod. */
const BATCH_MAX = 64;

/** Kubernetes' names for values of Node's `process.arch`. Pods of a plan for any other may run on all architectures. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Node labels that pods require: the profiled device's system and architecture, and the labels given by the user. */
export function nodeSelector({ platform }: Device, given: PodSettings['nodeSelector']) {
  const [os, arch] = platform.split(/[ ,]/);
  const known = arch === undefined ? undefined : ARCHITECTURES[arch];
  return {
    ...(os === 'linux' && { 'kubernetes.io/os': os }),
    ...(known !== undefined && { 'kubernetes.io/arch': known }),
    ...given,
  };
}

/** Seconds to start a pod, without the time to load its models. */
const START_S = 30;
/** Bytes of models that a pod reads from a volume in the network and loads in a second. */
const LOADED_BYTES_PER_S = 50 * MIB;

/**
 * Sizes of the models for which a worker of a stage needs room, whatever a later plan chooses: the stage's largest model and, if
 * the worker may hold a standby, the second largest.
 */
function heldModelBytes({ stage }: PipelineStage, standby = false): number[] {
  const largestFirst = stage.variants.map(sizeBytesOf).sort((a, b) => b - a);
  return largestFirst.slice(0, standby ? 2 : 1);
}

/** Whether a row may get a standby in a later plan: heavy variants of cascades have none. */
const mayGetStandby = ({ downshift }: Plan, { escalation }: PlanStage): boolean =>
  downshift === true && escalation === undefined;

/**
 * Seconds for which an ending pod with these rows of a plan continues to serve: long enough to start another pod, because
 * there may be no other pod with these rows.
 */
export function leaveSeconds(pipeline: Pipeline, plan: Plan, rows: readonly PlanStage[]): number {
  const bytes = rows.flatMap((row) =>
    heldModelBytes(pipeline.stage(stageNameOf(row)), mayGetStandby(plan, row)),
  );
  return START_S + Math.floor(sum(bytes) / LOADED_BYTES_PER_S);
}

/** Memory of a worker that runs a stage's largest models at the largest batch. */
function workerBytes(of: PipelineStage, standby?: boolean): number {
  const batchBytes = BYTES_PER_VALUE * BATCH_MAX * inputValues(of.stage);
  const sessions = heldModelBytes(of, standby).map((bytes) => BYTES_PER_MODEL_BYTE * bytes + batchBytes);
  return PROCESS_BYTES.session + sum(sessions);
}

/**
 * Resources of a pod with these rows, which share one worker of the plan. The pod requests one core for each of the worker's
 * threads, as in the plan's cost, or a GPU and one core. The limit is one core more, so that HTTP takes no time from the session.
 */
export const stageResources = (pipeline: Pipeline, plan: Plan, rows: readonly PlanStage[]) =>
  resources(
    rows.map((row) => workerBytes(pipeline.stage(stageNameOf(row)), mayGetStandby(plan, row))),
    rows.map(({ backend }) => backend),
    Math.max(...rows.map(({ threads }) => threads)),
  );

/** Cores by which a profile job asks for less than it uses, because the system's own pods take some of a node's cores. */
const LEFT_TO_SYSTEM = 0.5;

/** Resources of a profile job, which runs every variant of every stage, and two stages at the same time. */
export const profilerResources = (pipeline: Pipeline, backends: readonly Backend[], threads: number) =>
  resources(
    pipeline.stages.map((stage) => workerBytes(stage)),
    backends,
    2 * threads,
    LEFT_TO_SYSTEM,
  );

/**
 * @param workers memory of a worker of each stage
 * @param spared cores of a CPU backend that the pod uses but does not ask for
 */
function resources(workers: readonly number[], backends: readonly Backend[], threads: number, spared = 0) {
  const gpu = backends.some(onGpu) ? { 'nvidia.com/gpu': '1' } : {};
  const [asked, used] = backends.every(onGpu) ? [1, 1] : [threads - spared, threads];
  // A pod needs memory for two workers of each of its stages: it starts a new one while the old one still serves.
  const bytes = PROCESS_BYTES.http + 2 * sum(workers);
  const memory = `${Math.ceil(bytes / MIB)}Mi`;
  return {
    requests: { cpu: String(asked), memory, ...gpu },
    limits: { cpu: String(used + 1), memory, ...gpu },
  };
}
