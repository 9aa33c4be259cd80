import { z } from 'zod';

/** Where and how pods run, as far as the plan does not say. */
export interface PodSettings {
  readonly namespace: string;
  /** Built with `agent/Containerfile`, or from an image that is. */
  readonly image: string;
  /** Path of the manifest in a pod. */
  readonly manifest: string;
  /** The volume claim that holds the manifest and its files; null: the image holds them. */
  readonly modelsClaim: string | null;
  /** Labels of the nodes that pods may run on. */
  readonly nodeSelector: Readonly<Record<string, string>>;
}

/** Settings that a user gave. */
export type GivenSettings = Partial<Omit<PodSettings, 'namespace'>>;

export const DEFAULT_IMAGE = 'ipa-edge:0.1.0';

/** Where pods mount a volume with models. */
export const MODELS_FOLDER = '/models';

/** Settings for models from a volume claim, which has manifest.json at its root. */
export const claimSettings = (modelsClaim: string): GivenSettings => ({
  manifest: `${MODELS_FOLDER}/manifest.json`,
  modelsClaim,
});

/** Settings for models of the image. @param manifest path in the image */
export const imageSettings = (manifest: string): GivenSettings => ({ manifest, modelsClaim: null });

/** @param applied settings of the plan that was applied before: they hold where nothing else is given */
export const podSettings = (
  pipeline: string,
  namespace: string,
  given: GivenSettings,
  applied: PodSettings | null = null,
): PodSettings => ({
  image: DEFAULT_IMAGE,
  manifest: `models/${pipeline}/manifest.json`,
  modelsClaim: null,
  nodeSelector: {},
  ...applied,
  ...given,
  namespace,
});

/** The settings as an annotation keeps them. */
export const keptSettings = z.object({
  image: z.string().min(1),
  manifest: z.string().min(1),
  modelsClaim: z.string().min(1).nullable().default(null),
  nodeSelector: z.record(z.string(), z.string()),
});
