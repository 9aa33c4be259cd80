import { z } from 'zod';
import { positiveCount } from '../../solver/documents/common.ts';
import { VERSION } from '../../workers/command/version.ts';

/** A taint to tolerate, in the words of the Kubernetes API. An absent value stands for any value. */
export const toleration = z.object({
  key: z.string().min(1),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});
export type Toleration = z.infer<typeof toleration>;
export const TAINT_EFFECTS = toleration.shape.effect.options;

/**
 * Settings of pods that a plan does not contain. The plan's ConfigMap keeps them in an annotation, so that later commands use them
 * again.
 */
export const keptSettings = z.object({
  /** Name of the container image, built with `agent/Containerfile` or on top of such an image. */
  image: z.string().min(1),
  /** Path of the manifest inside a pod. */
  manifest: z.string().min(1),
  /** Name of the volume claim with the manifest and its files; null if the image contains them. */
  modelsClaim: z.string().min(1).nullable().default(null),
  /** Labels that a node must have to run a stage's pod or a profile job, but not to run a gateway or watch. */
  nodeSelector: z.record(z.string(), z.string()),
  /** Names of the Secrets to pull the image with. */
  pullSecrets: z.array(z.string().min(1)).readonly().default([]),
  /** Taints that the pods tolerate. */
  tolerations: z.array(toleration).readonly().default([]),
  /** Name of the pods' PriorityClass; null for the cluster's default. */
  priorityClass: z.string().min(1).nullable().default(null),
  /** Number of gateways: with two or more, the loss of one is no outage. */
  gateways: positiveCount.default(2),
  /** Namespace of the Prometheus that reads the metrics of gateways and stages, by a PodMonitor for its operator; null: none. */
  monitor: z.string().min(1).nullable().default(null),
});
type KeptSettings = Readonly<z.infer<typeof keptSettings>>;
export type PodSettings = KeptSettings & { readonly namespace: string };

/** Pod settings that a user gives, by options or in a spec; settings that the user does not give are absent. */
export type GivenSettings = Partial<KeptSettings>;

export const DEFAULT_IMAGE = `ipa-edge:${VERSION}`;

/** Mount point of a volume with models. */
export const MODELS_FOLDER = '/models';

/** Pod settings for models on a volume, which has manifest.json at its root. */
export const claimSettings = (modelsClaim: string): GivenSettings => ({
  manifest: `${MODELS_FOLDER}/manifest.json`,
  modelsClaim,
});

/** {@link GivenSettings} as parsed from options or a spec: settings that the user does not give are undefined. */
type UserSettings = {
  readonly [Name in keyof GivenSettings]: NonNullable<GivenSettings[Name]> | undefined;
};

/**
 * Makes pod settings of what a user gives. The path of a manifest is one in the container image, so the models then need no
 * volume.
 */
export function settingsOf(user: UserSettings): GivenSettings {
  const names = Object.keys(keptSettings.shape) as (keyof GivenSettings)[];
  const given = names.filter((name) => user[name] !== undefined).map((name) => [name, user[name]]);
  const { manifest, modelsClaim } = user;
  return {
    ...(Object.fromEntries(given) as GivenSettings),
    ...(manifest !== undefined && { modelsClaim: null }),
    ...(modelsClaim !== undefined && claimSettings(modelsClaim)),
  };
}

/** The settings of a pipeline for which a user gives none. */
export const defaultSettings = (pipeline: string): KeptSettings =>
  keptSettings.parse({
    image: DEFAULT_IMAGE,
    manifest: `models/${pipeline}/manifest.json`,
    nodeSelector: {},
  });

/** Completes the given settings. @param applied settings of the plan applied before, used where none are given */
export const podSettings = (
  pipeline: string,
  namespace: string,
  given: GivenSettings,
  applied: PodSettings | null = null,
): PodSettings => ({
  ...defaultSettings(pipeline),
  ...applied,
  ...given,
  namespace,
});
