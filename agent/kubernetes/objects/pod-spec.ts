import { MODELS_FOLDER, type PodSettings } from '../settings.ts';
import { PLAN_KEY, PORT } from './pods.ts';

/** Seconds, beside the SLA, that an ending pod has after SIGTERM to answer the requests that it has accepted. */
const DRAIN_S = 35;
/** An ending pod gets a multiple of these seconds for the SLA, so that few changes of the SLA replace the pods. */
const SLA_STEP_S = 60;

/** Seconds to load and warm up a model or, for the gateway, until each stage has a pod. */
const STARTUP_S = 600;

const HEALTH = { live: '/v2/health/live', ready: '/v2/health/ready' };

/** The namespace of a pod as an argument, so that objects serve in whichever namespace they are applied. */
export const OWN_NAMESPACE = {
  arg: '$(POD_NAMESPACE)',
  env: { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
};

/** A volume that is mounted into the container read-only, because containers write only to /tmp. */
interface Mount {
  readonly name: string;
  readonly mountPath: string;
  /** The volume's kind with its settings. */
  readonly source: object;
}

export interface AgentPod {
  /** Name of the container. */
  readonly name: string;
  readonly args: readonly string[];
  readonly resources: unknown;
  readonly env?: readonly { readonly name: string; readonly [source: string]: unknown }[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  /** Further fields of the container. */
  readonly container?: object;
  /** Size of /tmp, in Kubernetes' notation. */
  readonly tmp?: string;
}

/** The spec of a pod that runs `ipa-agent` with these arguments and without further privileges. */
export function agentPod(
  settings: PodSettings,
  { name, args, resources, env, nodeSelector, mounts = [], container, tmp = '64Mi' }: AgentPod,
) {
  const { image, modelsClaim: claimName } = settings;
  const models: Mount = {
    ...{ name: 'models', mountPath: MODELS_FOLDER },
    source: { persistentVolumeClaim: { claimName, readOnly: true } },
  };
  const all = claimName === null ? mounts : [...mounts, models];
  return {
    containers: [
      {
        name,
        image,
        args: [...args],
        ...(env && { env: [...env] }),
        resources,
        ...container,
        terminationMessagePolicy: 'FallbackToLogsOnError',
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          ...all.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    nodeSelector: { ...nodeSelector },
    ...scheduling(settings),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      // Mounted Secrets get this group, because only their group may read them.
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [
      ...all.map(({ name, source }) => ({ name, ...source })),
      { name: 'tmp', emptyDir: { sizeLimit: tmp } },
    ],
  };
}

/** Fields that determine which nodes may run a pod, and how they pull its image. */
const scheduling = ({ pullSecrets, tolerations, priorityClass }: PodSettings) => ({
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

interface ServingPod extends Omit<AgentPod, 'mounts' | 'container'> {
  /** The SLA, in ms. An ending pod gets this time too, because a request that it has accepted may take as long. */
  readonly slaMs: number;
  /** Name of the ConfigMap with the plan. */
  readonly plan: string;
  /** Name of the Secret with the token; absent: the pod accepts no changes. */
  readonly token?: string;
  /**
   * Seconds by which Kubernetes delays SIGTERM, so that an ending pod still serves. Absent for a pod whose process serves on for a
   * while after SIGTERM.
   */
  readonly leaveS?: number;
}

/** The spec of a pod that serves HTTP. */
export const servingPod = (settings: PodSettings, { plan, token, slaMs, leaveS, ...pod }: ServingPod) => ({
  ...agentPod(settings, {
    ...pod,
    container: {
      ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
      startupProbe: probe(HEALTH.live, 1, STARTUP_S),
      livenessProbe: probe(HEALTH.live, 10, 3),
      readinessProbe: probe(HEALTH.ready, 2, 2),
      ...(leaveS !== undefined && { lifecycle: { preStop: { sleep: { seconds: leaveS } } } }),
    },
    mounts: [
      {
        ...{ name: 'plan', mountPath: '/etc/ipa-edge' },
        source: { configMap: { name: plan, items: [{ key: PLAN_KEY, path: PLAN_KEY }] } },
      },
      ...(token === undefined
        ? []
        : [
            {
              ...{ name: 'token', mountPath: '/var/run/ipa-edge' },
              source: { secret: { secretName: token, defaultMode: 0o440 } },
            },
          ]),
    ],
  }),
  terminationGracePeriodSeconds: (leaveS ?? 0) + DRAIN_S + SLA_STEP_S * Math.ceil(slaMs / 1000 / SLA_STEP_S),
});

const probe = (path: string, periodSeconds: number, failureThreshold: number) => ({
  httpGet: { path, port: 'http' },
  periodSeconds,
  timeoutSeconds: 5,
  failureThreshold,
});
