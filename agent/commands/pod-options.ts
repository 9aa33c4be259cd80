import { type Command, InvalidArgumentError, Option } from 'commander';
import * as option from '../../workers/command/options.ts';
import {
  DEFAULT_IMAGE,
  type GivenSettings,
  settingsOf,
  TAINT_EFFECTS,
  type Toleration,
} from '../kubernetes/settings.ts';

/**
 * Adds the options of commands that define pods.
 * @param nodes help of `--node-selector`, which selects the nodes of different pods in each command
 */
export const addPodOptions = (command: Command, nodes = 'labels of the nodes that stages run on'): Command =>
  command
    .option('--image <name>', `an image that agent/Containerfile builds (default: ${DEFAULT_IMAGE})`, image)
    .option(
      '--image-manifest <path>',
      "the manifest in the image (default: the shipped pipeline's)",
      notEmpty,
    )
    .addOption(
      new Option(
        '--models-claim <name>',
        'a persistent volume claim with manifest.json and its files, instead of the models in the image',
      )
        .argParser(objectName)
        .conflicts('imageManifest'),
    )
    .option('--node-selector <label=value...>', nodes, label)
    .option('--pull-secret <name...>', 'Secrets to pull the image with', objectNames)
    .option(
      '--toleration <taint...>',
      'taints that the pods tolerate, as key:effect or key=value:effect',
      taint,
    )
    .option('--priority-class <name>', "the pods' PriorityClass", objectName);

export const monitorOption = () =>
  new Option(
    '--monitor <namespace>',
    'let the Prometheus in this namespace read the metrics of all pods, by a PodMonitor for its operator',
  ).argParser(namespace);

export const gatewaysOption = () =>
  new Option(
    '--gateways <n>',
    'number of gateways; the loss of one of two or more is no outage (default: 2)',
  ).argParser(option.count);

export interface PodFlags {
  readonly image?: string;
  readonly imageManifest?: string;
  readonly modelsClaim?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly pullSecret?: readonly string[];
  readonly toleration?: readonly Toleration[];
  readonly priorityClass?: string;
  readonly gateways?: number;
  readonly monitor?: string;
}

export const givenSettings = (flags: PodFlags): GivenSettings =>
  settingsOf({
    ...flags,
    manifest: flags.imageManifest,
    pullSecrets: flags.pullSecret,
    tolerations: flags.toleration,
  });

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a name, found an empty text.');
  return text;
}

/** Parses an option's namespace. @throws InvalidArgumentError if Kubernetes allows no namespace of this name */
export function namespace(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('Expected lower-case letters, digits and "-", at most 63.');
  return text;
}

function image(text: string): string {
  if (!/^\S+$/.test(text))
    throw new InvalidArgumentError(
      `Expected the name of an image, such as registry.example/${DEFAULT_IMAGE}.`,
    );
  return text;
}

function objectName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('Expected lower-case letters, digits, "-" and ".", at most 253.');
  return text;
}

const objectNames = (text: string, before: readonly string[] = []): string[] => [...before, objectName(text)];

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

function label(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key, value, ...more] = text.split('=');
  if (value === undefined || more.length > 0 || !LABEL_KEY.test(key!) || !LABEL_VALUE.test(value))
    throw new InvalidArgumentError('Expected a label like node.kubernetes.io/instance-type=c5.large.');
  return { ...before, [key!]: value };
}

function taint(text: string, before: readonly Toleration[] = []): Toleration[] {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? [];
  const known = TAINT_EFFECTS.find((name) => name === effect);
  if (!known || !LABEL_KEY.test(key!) || !LABEL_VALUE.test(value ?? ''))
    throw new InvalidArgumentError(
      `Expected a taint like nvidia.com/gpu:NoSchedule, with an effect of ${TAINT_EFFECTS.join(', ')}.`,
    );
  return [...before, { key: key!, ...(value !== undefined && { value }), effect: known }];
}
