import { Command, Option } from 'commander';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { UsageError } from '../../workers/command/exit.ts';
import { readJson } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import { parseIdentified } from '../../workers/store/exchange.ts';
import { autoscaled } from '../kubernetes/objects/autoscaler.ts';
import { kserveObjects } from '../kubernetes/objects/kserve.ts';
import { kubernetesObjects } from '../kubernetes/objects/serving.ts';
import type { KubernetesObject } from '../kubernetes/objects/types.ts';
import { watchObjects } from '../kubernetes/objects/watch.ts';
import { type Files, yamlFiles } from '../kubernetes/packages/files.ts';
import { helmChart } from '../kubernetes/packages/helm.ts';
import { kustomizeBase } from '../kubernetes/packages/kustomize.ts';
import { writeFiles } from '../kubernetes/packages/write.ts';
import { type PodSettings, podSettings } from '../kubernetes/settings.ts';
import { tokenCommand } from '../kubernetes/token.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { readClusterPlan } from './cluster-plan.ts';
import {
  addPodOptions,
  gatewaysOption,
  givenSettings,
  monitorOption,
  namespace,
  type PodFlags,
} from './pod-options.ts';

const FORMATS = ['kubernetes', 'kustomize', 'helm', 'kserve'] as const;

interface ExportFlags extends PodFlags {
  readonly namespace: string;
  readonly plan: string;
  readonly format: (typeof FORMATS)[number];
  readonly out: string;
  readonly watchProfile?: string;
  readonly autoscaler?: true;
  readonly manifest?: string;
  readonly json?: boolean;
}

export const exportCommand = () =>
  addPodOptions(
    new Command('export')
      .description('write a plan as the objects that serve it on Kubernetes or on KServe')
      .requiredOption('--plan <file>', 'the plan')
      .addOption(
        new Option(
          '--format <name>',
          'kubernetes: YAML; kustomize: a base; helm: a chart; kserve: the objects of KServe',
        )
          .choices(FORMATS)
          .default(FORMATS[0]),
      )
      .option(
        '--watch-profile <file>',
        "also write ipa-agent watch as a deployment, with its Role and the plan's profile",
      )
      .option(
        '--autoscaler',
        'add a HorizontalPodAutoscaler for each stage, which reads how many pods the plan foresees from an external metric',
      )
      .requiredOption('--out <dir>', 'folder to write the YAML files to', option.outFolder)
      .addOption(option.planManifestOption())
      .option('--namespace <name>', 'the namespace of the objects', namespace, 'default'),
  )
    .addOption(gatewaysOption())
    .addOption(monitorOption())
    .option('--json', 'print the names of the files on stdout as JSON')
    .addHelpText(
      'after',
      `
Pods run the image that agent/Containerfile builds. ipa-agent apply applies the same objects directly, with the Secret that holds
the token. Export leaves that Secret out: it prints the kubectl command that makes it, or puts the command into the notes of a
chart. Export refuses a folder that has further files of an earlier export, because they would be applied, too. Watch changes only
the Deployments that ipa-agent manages: apply them with --field-manager ipa-agent, as below.

  $ ipa-agent export --plan plan.json --out k8s && kubectl apply -f k8s
  $ ipa-agent export --plan plan.json --watch-profile profile.json --out k8s &&
      kubectl apply --server-side --field-manager ipa-agent -f k8s
  $ ipa-agent export --plan plan.json --format kustomize --out base && kubectl apply -k base
  $ ipa-agent export --plan plan.json --format helm --out chart && helm install fashion chart --namespace shop
  $ ipa-agent export --plan plan.json --format kserve --out kserve`,
    )
    .action(async (flags: ExportFlags) => {
      const plan = await readClusterPlan(flags.plan);
      const { manifest, pipeline } = await loadModelFolder(option.planManifestPath(plan, flags));
      checkPipeline(plan, manifest);
      const settings = podSettings(plan.pipeline, flags.namespace, givenSettings(flags));
      if (flags.watchProfile !== undefined && flags.format === 'kserve')
        throw new UsageError(
          'Watch does not change the objects of --format kserve: leave out --watch-profile.',
        );
      if (flags.autoscaler && flags.format === 'kserve')
        throw new UsageError(
          'With --format kserve there is no gateway whose metric an autoscaler could read: leave out --autoscaler.',
        );
      const profile = flags.watchProfile === undefined ? null : await profileOf(plan, flags.watchProfile);
      const served = (of: PodSettings) => kubernetesObjects(plan, pipeline, of);
      const objectsOf = (of: PodSettings): KubernetesObject[] => [
        ...(flags.autoscaler ? autoscaled(plan, served(of)) : served(of)),
        ...(profile ? watchObjects(profile, { plan, pipeline, settings: of }) : []),
      ];
      const make: Record<ExportFlags['format'], () => Files> = {
        kubernetes: () => yamlFiles(objectsOf(settings)),
        kustomize: () => kustomizeBase(objectsOf(settings)),
        helm: () => helmChart(plan.pipeline, settings, objectsOf),
        kserve: () => yamlFiles(kserveObjects(plan, pipeline, settings)),
      };
      const texts = make[flags.format]();
      await writeFiles(flags.out, texts);
      const files = [...texts.keys()];
      // The namespace of a chart's objects is that of its release, which this command does not know.
      if (flags.format === 'helm')
        console.error(
          "The pods mount a token that is not in the chart: the chart's notes, which helm install shows, have the command that makes it.",
        );
      else if (flags.format !== 'kserve')
        console.error(
          `The pods mount a token that is not among the files: ${tokenCommand(plan.pipeline, flags.namespace)}`,
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
