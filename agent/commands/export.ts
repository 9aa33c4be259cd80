import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson, writeWhole } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { kserveObjects } from '../kubernetes/objects/kserve.ts';
import { objectNames } from '../kubernetes/objects/labels.ts';
import { kubernetesObjects } from '../kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../kubernetes/objects/types.ts';
import { watchObjects } from '../kubernetes/objects/watch.ts';
import { podSettings } from '../kubernetes/settings.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { namespaceOption } from './engine.ts';
import { addPodOptions, givenSettings, type PodFlags } from './pod-options.ts';

const OBJECTS = { kubernetes: kubernetesObjects, kserve: kserveObjects };

interface ExportFlags extends PodFlags {
  readonly namespace: string;
  readonly plan: string;
  readonly format: keyof typeof OBJECTS;
  readonly out: string;
  readonly watchProfile?: string;
  readonly manifest?: string;
  readonly json?: boolean;
}

export const exportCommand = () =>
  addPodOptions(
    new Command('export')
      .description('write a plan as the objects that serve it on Kubernetes or on KServe')
      .requiredOption('--plan <file>', 'the plan')
      .addOption(
        new Option('--format <name>', 'kind of objects')
          .choices(Object.keys(OBJECTS))
          .default('kubernetes' satisfies keyof typeof OBJECTS),
      )
      .option(
        '--watch-profile <file>',
        "also write ipa-agent watch as a deployment, with its Role and the plan's profile",
      )
      .requiredOption('--out <dir>', 'folder to write the YAML files to')
      .addOption(option.planManifestOption())
      .addOption(namespaceOption()),
  )
    .addOption(new Option('--json', 'print the names of the files on stdout as JSON'))
    .addHelpText(
      'after',
      `
Pods run the image that agent/Containerfile builds. ipa-agent apply applies the same objects directly.

  $ ipa-agent export --plan plan.json --out k8s && kubectl apply -f k8s
  $ ipa-agent export --plan plan.json --watch-profile profile.json --out k8s
  $ ipa-agent export --plan plan.json --format kserve --out kserve`,
    )
    .action(async (flags: ExportFlags) => {
      const plan = await readJson(flags.plan, parsePlan);
      const { manifest, pipeline } = await loadModelFolder(option.planManifestPath(plan, flags));
      checkPipeline(plan, manifest);
      const settings = podSettings(plan.pipeline, flags.namespace, givenSettings(flags));
      if (flags.watchProfile !== undefined && flags.format !== 'kubernetes')
        throw new UsageError(
          'Watch changes the objects of --format kubernetes only: leave out --watch-profile.',
        );
      const watch =
        flags.watchProfile === undefined
          ? []
          : watchObjects(await profileOf(plan, flags.watchProfile), pipeline, settings);
      const objects = [...OBJECTS[flags.format](plan, pipeline, settings), ...watch];
      const files = await writeObjects(objects, flags.out);
      if (flags.format === 'kubernetes')
        console.error(
          `The pods mount a token that is not among the files: kubectl create secret generic --namespace ` +
            `${flags.namespace} ${objectNames(plan.pipeline).token} --from-literal=token="$(openssl rand -hex 32)"`,
        );
      if (flags.json) console.log(JSON.stringify(files));
      else
        console.log(
          `wrote ${files.length} files to ${flags.out}:\n${files.map((file) => `  ${file}`).join('\n')}`,
        );
    });

/** Reads the profile that a plan was made from. @throws UsageError if the plan was made from another one */
async function profileOf(plan: Plan, path: string): Promise<Profile> {
  const { profile, sha256 } = await readJson(path, parseIdentified);
  if (sha256 !== plan.profile.sha256)
    throw new UsageError(`The plan was not made from ${path}: give the profile that it was made from.`);
  return profile;
}

/** Writes one file per object name: a stage's Service and Deployment share a file. Returns the file names. */
async function writeObjects(objects: readonly KubernetesObject[], folder: string): Promise<string[]> {
  const texts = new Map<string, string>();
  for (const object of objects) {
    const file = `${object.metadata.name}.yaml`;
    const before = texts.get(file);
    // Without aliases each object is complete; with folded lines a plan's JSON would be hard to read.
    const text = stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
    texts.set(file, before === undefined ? text : `${before}---\n${text}`);
  }
  for (const [file, text] of texts) await writeWhole(join(folder, file), text);
  return [...texts.keys()];
}
