import { z } from 'zod';
import { positiveCount } from '../../solver/documents/common.ts';
import { VERSION } from '../../workers/command/version.ts';

/** Settings of pods that a plan does not contain. */
export interface PodSettings {
  readonly namespace: string;
  /** Name of the container image, built with `agent/Containerfile` or on top of such an image. */
  readonly image: string;
  /** Path of the manifest inside a pod. */
  readonly manifest: string;
  /** Name of the volume claim with the manifest and its files; null if the image contains them. */
  readonly modelsClaim: string | null;
  /** Labels that a node must have to run a stage's pod or a profile job, but not to run a gateway or watch. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Names of the Secrets to pull the image with. */
  readonly pullSecrets: readonly string[];
  /** Taints that the pods tolerate. */
  readonly tolerations: readonly Toleration[];
  /** Name of the pods' PriorityClass; null for the cluster's default. */
  readonly priorityClass: string | null;
  /** Number of gateways: with two or more, the loss of one is no outage. */
  readonly gateways: number;
  /** Namespace of the Prometheus that reads the metrics of gateways and stages, by a PodMonitor for its operator; null: none. */
  readonly monitor: string | null;
}

/** A taint to tolerate, in the words of the Kubernetes API. An absent value stands for any value. */
export const toleration = z.object({
  key: z.string().min(1),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});
export type Toleration = z.infer<typeof toleration>;
export const TAINT_EFFECTS = toleration.shape.effect.options;

/** Pod settings that a user gives, by options or in a spec; settings that the user does not give are absent. */
export type GivenSettings = Partial<Omit<PodSettings, 'namespace'>>;

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
export const settingsOf = ({
  image,
  manifest,
  modelsClaim,
  nodeSelector,
  pullSecrets,
  tolerations,
  priorityClass,
  gateways,
  monitor,
}: UserSettings): GivenSettings => ({
  ...(image !== undefined && { image }),
  ...(manifest !== undefined && { manifest, modelsClaim: null }),
  ...(modelsClaim !== undefined && claimSettings(modelsClaim)),
  ...(nodeSelector !== undefined && { nodeSelector }),
  ...(pullSecrets !== undefined && { pullSecrets }),
  ...(tolerations !== undefined && { tolerations }),
  ...(priorityClass !== undefined && { priorityClass }),
  ...(gateways !== undefined && { gateways }),
  ...(monitor !== undefined && { monitor }),
});

/** The settings of a pipeline for which a user gives none. */
export const defaultSettings = (pipeline: string): Omit<PodSettings, 'namespace'> => ({
  image: DEFAULT_IMAGE,
  manifest: `models/${pipeline}/manifest.json`,
  modelsClaim: null,
  nodeSelector: {},
  pullSecrets: [],
  tolerations: [],
  priorityClass: null,
  gateways: 2,
  monitor: null,
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

/** Schema of the pods' settings that the plan's ConfigMap keeps in an annotation, so that later commands use them again. */
export const keptSettings = z.object({
  image: z.string().min(1),
  manifest: z.string().min(1),
  modelsClaim: z.string().min(1).nullable().default(null),
  nodeSelector: z.record(z.string(), z.string()),
  pullSecrets: z.array(z.string().min(1)).default([]),
  tolerations: z.array(toleration).default([]),
  priorityClass: z.string().min(1).nullable().default(null),
  gateways: positiveCount.default(2),
  monitor: z.string().min(1).nullable().default(null),
});
