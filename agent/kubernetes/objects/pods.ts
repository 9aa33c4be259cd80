import type { Pipeline, PipelineStage } from '../../../models/manifests/pipeline.ts';
import { inputValues } from '../../../models/tasks/registry.ts';
import { type Backend, type Device, onGpu } from '../../../solver/documents/common.ts';
import { sizeBytesOf } from '../../../solver/documents/manifest.ts';
import { type PlanStage, stageNameOf } from '../../../solver/documents/plan.ts';
import { MODELS_FOLDER, type PodSettings } from '../settings.ts';

/** The port of a container, and the paths of its mounted files. */
export const PORT = 8080;
export const PLAN_FILE = '/etc/ipa-edge/plan.json';
export const TOKEN_FILE = '/var/run/ipa-edge/token';
/** On a volume of the pod, which outlives its container. */
export const REPLICAS_FILE = '/tmp/replicas.json';
/** Keys of the plan in its ConfigMap, and of the token in its Secret. */
export const PLAN_KEY = 'plan.json';
export const TOKEN_KEY = 'token';

const MIB = 2 ** 20;
/** Base memory of the process that serves HTTP, and of one that runs sessions, without models and items. */
const PROCESS_BYTES = { http: 256 * MIB, session: 256 * MIB };
/** Bytes of session memory per byte of model: the weights, an optimised copy of them, and work space. */
const BYTES_PER_MODEL_BYTE = 4;
/** Bytes of memory per value of a batch's input: the items' bytes, their float32 values, and copies. */
const BYTES_PER_VALUE = 16;
/** The largest batch size for which a pod has memory, so that plans may change it in the running pod. */
const BATCH_MAX = 64;

/** Seconds that a pod behind a Service continues to serve after it was told to end, until the Service sends nothing more. */
export const SERVICE_LEAVE_S = 5;
/** The same for a stage's pod behind the gateway: long enough to start another pod, because this one may be the only one. */
export const STAGE_LEAVE_S = 30;
/** Seconds that a pod then has to answer what it has accepted. */
const DRAIN_S = 35;

/** Seconds to load and warm up a model or, for the gateway, until each stage has a pod. */
const STARTUP_S = 600;

const HEALTH = { live: '/v2/health/live', ready: '/v2/health/ready' };

/** Kubernetes' name for each value of Node's `process.arch`. */
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

/** Memory of a process that runs a stage's largest model at the largest batch. */
function sessionBytes({ stage }: PipelineStage): number {
  const model = BYTES_PER_MODEL_BYTE * Math.max(...stage.variants.map(sizeBytesOf));
  return PROCESS_BYTES.session + model + BYTES_PER_VALUE * BATCH_MAX * inputValues(stage);
}

/** A pod needs memory for two variants of each of its stages: it loads the new one while the old one still serves. */
const memoryBytes = (pipeline: Pipeline, stages: readonly PlanStage[]): number =>
  PROCESS_BYTES.http +
  stages.reduce((sum, row) => sum + 2 * sessionBytes(pipeline.stage(stageNameOf(row))), 0);

/** Formats a size in Kubernetes' notation, rounded up to MiB. */
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MIB)}Mi`;

/**
 * Resources of a pod with these stages, which share one worker of the plan. It requests one core for each of the worker's threads,
 * as in the plan's cost. The limit is one core more, so that HTTP takes no time from the session.
 */
export const stageResources = (pipeline: Pipeline, stages: readonly PlanStage[]) =>
  resources(
    stages.map(({ backend }) => backend),
    Math.max(...stages.map(({ threads }) => threads)),
    memoryBytes(pipeline, stages),
  );

/** Resources of a profile job, which runs every variant of every stage, and two stages at the same time. */
export const profilerResources = (pipeline: Pipeline, backends: readonly Backend[], threads: number) =>
  resources(
    backends,
    2 * threads,
    PROCESS_BYTES.http + pipeline.stages.reduce((sum, stage) => sum + 2 * sessionBytes(stage), 0),
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

/** Security settings that give a container no privileges. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  // Only this group can read mounted Secrets.
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

/** Mounts a volume with models read-only, if there is one. */
export const modelsMounts = ({ modelsClaim }: ModelsClaim) =>
  modelsClaim === null ? [] : [{ name: 'models', mountPath: MODELS_FOLDER, readOnly: true }];

export const modelsVolumes = ({ modelsClaim }: ModelsClaim) =>
  modelsClaim === null
    ? []
    : [{ name: 'models', persistentVolumeClaim: { claimName: modelsClaim, readOnly: true } }];

/** The namespace of a pod as an argument, so that objects serve in whichever namespace they are applied. */
export const OWN_NAMESPACE = {
  arg: '$(POD_NAMESPACE)',
  env: { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
};

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly resources: unknown;
  readonly env?: readonly { readonly name: string; readonly [source: string]: unknown }[];
  /** Seconds that the container continues to serve after it was told to end. */
  readonly leaveS: number;
}

/** A container that runs `ipa-agent` with these arguments and serves HTTP. */
export const container = (
  settings: Pick<PodSettings, 'image' | 'modelsClaim'>,
  { name, args, resources, env, leaveS }: Container,
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
  lifecycle: { preStop: { sleep: { seconds: leaveS } } },
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: CONTAINER_SECURITY,
  volumeMounts: [
    { name: 'plan', mountPath: '/etc/ipa-edge', readOnly: true },
    ...(args.includes(TOKEN_FILE) ? [{ name: 'token', mountPath: '/var/run/ipa-edge', readOnly: true }] : []),
    ...modelsMounts(settings),
    { name: 'tmp', mountPath: '/tmp' },
  ],
});

/** Which nodes take a pod, and how they get its image. */
export const scheduling = ({ pullSecrets, tolerations, priorityClass }: PodSettings) => ({
  ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
  ...(tolerations.length > 0 && {
    tolerations: tolerations.map(({ key, value, effect }) => ({
      key,
      ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value }),
      effect,
    })),
  }),
  ...(priorityClass !== null && { priorityClassName: priorityClass }),
});

/** Prefers nodes that do not run such a pod yet, so that the loss of a node leaves some. */
export const spreadOverNodes = (labels: Readonly<Record<string, string>>) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: labels },
    },
  ],
});

/** @param names of the ConfigMap with the plan, and of the Secret if the pod accepts changes */
export const podSpec = (
  containers: readonly unknown[],
  selector: Readonly<Record<string, string>>,
  settings: PodSettings,
  names: { readonly plan: string; readonly token?: string },
) => ({
  containers: [...containers],
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  nodeSelector: { ...selector },
  ...scheduling(settings),
  securityContext: POD_SECURITY,
  terminationGracePeriodSeconds: STAGE_LEAVE_S + DRAIN_S,
  volumes: [
    { name: 'plan', configMap: { name: names.plan, items: [{ key: PLAN_KEY, path: PLAN_KEY }] } },
    ...(names.token === undefined
      ? []
      : [{ name: 'token', secret: { secretName: names.token, defaultMode: 0o440 } }]),
    ...modelsVolumes(settings),
    { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
  ],
});
