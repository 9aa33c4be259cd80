import { VERSION } from '../../../workers/command/version.ts';
import { kubernetesName } from '../../cluster/names.ts';
import type { KubernetesObject } from '../objects/types.ts';
import type { PodSettings } from '../settings.ts';
import { tokenCommand } from '../token.ts';
import { type Files, yaml, yamlFiles } from './files.ts';

/** Placeholders in the objects for the values that a release of the chart sets. No plan has these texts. */
const NAMESPACE = 'ipa-edge-helm-release-namespace';
const IMAGE = 'ipa-edge-helm-values-image';

/**
 * A Helm chart. A release chooses namespace and image; the plan and the options of the export determine everything else.
 * @param objectsOf makes the objects for pod settings
 */
export function helmChart(
  pipeline: string,
  settings: PodSettings,
  objectsOf: (settings: PodSettings) => readonly KubernetesObject[],
): Files {
  const templates = yamlFiles(objectsOf({ ...settings, namespace: NAMESPACE, image: IMAGE }));
  return new Map([
    [
      'Chart.yaml',
      yaml({
        apiVersion: 'v2',
        name: kubernetesName(pipeline),
        description: `Serves the pipeline ${pipeline} by a plan of ipa-edge.`,
        type: 'application',
        version: VERSION,
        appVersion: VERSION,
      }),
    ],
    [
      'values.yaml',
      `# The image that agent/Containerfile builds, or one on top of it.\n${yaml({ image: settings.image })}`,
    ],
    [
      'templates/NOTES.txt',
      'The pods mount a token, which the chart does not contain. If there is none yet:\n' +
        `${tokenCommand(pipeline, '{{ .Release.Namespace }}')}\n`,
    ],
    ...[...templates].map(([file, text]): [string, string] => [`templates/${file}`, template(text)]),
  ]);
}

/** Makes a Helm template of a text: escapes the braces of the text, and lets a release fill in the placeholders. */
const template = (text: string): string =>
  text
    .replaceAll('{{', '{{ "{{" }}')
    // The name of a namespace may look like a number, and then YAML needs quotes.
    .replaceAll(NAMESPACE, '{{ .Release.Namespace | quote }}')
    .replaceAll(IMAGE, '{{ .Values.image }}');
