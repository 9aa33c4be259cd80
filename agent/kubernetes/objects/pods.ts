import type { Pipeline, PipelineStage } from '../../../models/manifests/pipeline.ts';
import { type Backend, type Device, onGpu } from '../../../solver/documents/common.ts';
import { sizeBytesOf } from '../../../solver/documents/manifest.ts';
import type { PlanStage } from '../../../solver/documents/plan.ts';
import { MODELS_FOLDER, type PodSettings } from '../settings.ts';

/** Where things lie in a pod, and the port that it serves on. */
export const PORT = 8080;
export const PLAN_FILE = '/etc/ipa-edge/plan.json';
export const TOKEN_FILE = '/var/run/ipa-edge/token';
/** Keys of the config map that holds the plan, and of the secret that lets it be changed. */
export const PLAN_KEY = 'plan.json';
export const TOKEN_KEY = 'token';

const MIB = 2 ** 20;
/** Node with ONNX Runtime: the process that speaks HTTP, and one that runs a session. */
const PROCESS_BYTES = { http: 256 * MIB, session: 256 * MIB };
/** Memory of a session per byte of its model: weights, the copy that is optimised, and work space. */
const SESSION_PER_BYTE = 4;
/** Pixels are held as bytes, as float32 and in copies on their way; of the largest batch that a change may bring. */
const COPIES_PER_VALUE = 16;
const LARGEST_BATCH = 64;

/** Between the news that a pod is to go, and its end. */
const LEAVE_S = 5;

/** To load and warm up a model, and for the gateway until each stage has a pod. */
const STARTUP_S = 600;

const HEALTH = { live: '/v2/health/live', ready: '/v2/health/ready' };

/** Linux names of what Node calls `process.arch`. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Labels that every node has, by the device that was profiled; more are given by whoever applies. */
export function nodeSelector({ platform }: Device, given: PodSettings['nodeSelector']) {
  const [os, arch] = platform.split(/[ ,]/);
  const known = arch === undefined ? undefined : ARCHITECTURES[arch];
  return {
    ...(os === 'linux' && { 'kubernetes.io/os': os }),
    ...(known !== undefined && { 'kubernetes.io/arch': known }),
    ...given,
  };
}

/** Of a process with a stage's heaviest variant loaded, at the largest batch. */
function sessionBytes({ stage, task }: PipelineStage): number {
  const model = SESSION_PER_BYTE * Math.max(...stage.variants.map(sizeBytesOf));
  const inputs = Object.values(task.program.signatures(stage)).flatMap((signature) => signature.inputs);
  const values = inputs.reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
  return PROCESS_BYTES.session + model + COPIES_PER_VALUE * LARGEST_BATCH * values;
}

/** Room for two sessions: a variant is changed while the one before it still serves. */
const stageMemoryBytes = (models: Pipeline, { name }: PlanStage): number =>
  PROCESS_BYTES.http + 2 * sessionBytes(models.stage(name));

/** Kubernetes' notation, rounded up. */
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MIB)}Mi`;

/**
 * What a stage's pod holds. It asks for the threads of the plan, which is what they cost; one core more may be used, so
 * that HTTP does not take the time of the session.
 */
export const stageResources = (models: Pipeline, stage: PlanStage) =>
  resources([stage.backend], stage.threads, stageMemoryBytes(models, stage));

/** What profiling holds: all variants of all stages are run, and stages side by side. */
export const profilerResources = (models: Pipeline, backends: readonly Backend[], threads: number) =>
  resources(
    backends,
    2 * threads,
    PROCESS_BYTES.http + models.stages.reduce((sum, stage) => sum + 2 * sessionBytes(stage), 0),
  );

function resources(backends: readonly Backend[], threads: number, memoryBytes: number) {
  const gpu = backends.some(onGpu) ? { 'nvidia.com/gpu': '1' } : {};
  const cores = backends.every(onGpu) ? 1 : threads;
  const memory = mebibytes(memoryBytes);
  return {
    requests: { cpu: String(cores), memory, ...gpu },
    limits: { cpu: String(cores + 1), memory, ...gpu },
  };
}

/** A container that can do nothing but run. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  // Secrets that are mounted can be read by the group, and by nobody else.
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
  httpGet: { path, port: 'http' },
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
});

type ModelsClaim = Pick<PodSettings, 'modelsClaim'>;

/** For a container that reads models, where they come from a volume: nobody but whoever fills it writes there. */
export const modelsMounts = ({ modelsClaim }: ModelsClaim) =>
  modelsClaim === null ? [] : [{ name: 'models', mountPath: MODELS_FOLDER, readOnly: true }];

export const modelsVolumes = ({ modelsClaim }: ModelsClaim) =>
  modelsClaim === null
    ? []
    : [{ name: 'models', persistentVolumeClaim: { claimName: modelsClaim, readOnly: true } }];

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly resources: unknown;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

/** A container of ours: `args` follow `ipa-agent`. */
export const container = (
  settings: Pick<PodSettings, 'image' | 'modelsClaim'>,
  { name, args, resources, env }: Container,
) => ({
  name,
  image: settings.image,
  args: [...args],
  ...(env && { env: [...env] }),
  ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
  resources,
  startupProbe: probe(HEALTH.live, 1, STARTUP_S),
  livenessProbe: probe(HEALTH.live, 10, 3),
  readinessProbe: probe(HEALTH.ready, 2, 2),
  // Whoever sends requests learns first that the pod is to go.
  lifecycle: { preStop: { sleep: { seconds: LEAVE_S } } },
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: CONTAINER_SECURITY,
  volumeMounts: [
    { name: 'plan', mountPath: '/etc/ipa-edge', readOnly: true },
    ...(args.includes(TOKEN_FILE) ? [{ name: 'token', mountPath: '/var/run/ipa-edge', readOnly: true }] : []),
    ...modelsMounts(settings),
    { name: 'tmp', mountPath: '/tmp' },
  ],
});

/** @param names of the config map, and of the secret where changes are taken */
export const podSpec = (
  containers: readonly unknown[],
  selector: Readonly<Record<string, string>>,
  settings: ModelsClaim,
  names: { readonly plan: string; readonly token?: string },
) => ({
  containers: [...containers],
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  nodeSelector: { ...selector },
  securityContext: POD_SECURITY,
  terminationGracePeriodSeconds: 30,
  volumes: [
    { name: 'plan', configMap: { name: names.plan, items: [{ key: PLAN_KEY, path: PLAN_KEY }] } },
    ...(names.token === undefined
      ? []
      : [{ name: 'token', secret: { secretName: names.token, defaultMode: 0o440 } }]),
    ...modelsVolumes(settings),
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
  ],
});
