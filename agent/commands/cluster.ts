import { type Command, InvalidArgumentError, Option } from 'commander';
import { VOLUME_MANIFEST } from '../kubernetes/export/pods.ts';
import type { ClusterSettings } from '../kubernetes/export/types.ts';

/** What the commands that write or apply objects of a cluster take. */
export const addClusterOptions = (command: Command): Command =>
  command
    .addOption(namespaceOption())
    .option('--image <name>', `the image that agent/Containerfile builds (default: ${IMAGE})`)
    .option('--image-manifest <path>', "the manifest in the image (default: the shipped pipeline's)")
    .addOption(
      new Option(
        '--models-claim <name>',
        'a persistent volume claim that has manifest.json and its files, instead of the image',
      )
        .argParser(claim)
        .conflicts('imageManifest'),
    )
    .option(
      '--node-selector <label=value...>',
      'nodes like the one that was profiled, beside its system and architecture',
      label,
    );

const IMAGE = 'ipa-edge:0.1.0';

export const namespaceOption = () =>
  new Option('--namespace <name>', 'where the objects live').default('default').argParser((text) => {
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
      throw new InvalidArgumentError('Expected lower-case letters, digits and "-", at most 63.');
    return text;
  });

/** What they give. */
export interface ClusterFlags {
  readonly namespace: string;
  readonly image?: string;
  readonly imageManifest?: string;
  readonly modelsClaim?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

/** @param applied what is not given stays as it was applied */
export const clusterSettings = (
  flags: ClusterFlags,
  pipeline: string,
  applied: ClusterSettings | null = null,
): ClusterSettings => ({
  namespace: flags.namespace,
  image: flags.image ?? applied?.image ?? IMAGE,
  ...modelsOf(flags, pipeline, applied),
  nodeSelector: flags.nodeSelector ?? applied?.nodeSelector ?? {},
});

function modelsOf(
  { imageManifest, modelsClaim }: ClusterFlags,
  pipeline: string,
  applied: ClusterSettings | null,
): Pick<ClusterSettings, 'manifest' | 'modelsClaim'> {
  if (modelsClaim !== undefined) return { manifest: VOLUME_MANIFEST, modelsClaim };
  if (imageManifest !== undefined) return { manifest: imageManifest, modelsClaim: null };
  if (applied) return { manifest: applied.manifest, modelsClaim: applied.modelsClaim };
  return { manifest: `models/${pipeline}/manifest.json`, modelsClaim: null };
}

function claim(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('Expected lower-case letters, digits, "-" and ".", at most 253.');
  return text;
}

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function label(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key, value, ...more] = text.split('=');
  if (value === undefined || more.length > 0 || !LABEL_KEY.test(key!) || !LABEL_VALUE.test(value))
    throw new InvalidArgumentError('Expected a label like node.kubernetes.io/instance-type=c5.large.');
  return { ...before, [key!]: value };
}
