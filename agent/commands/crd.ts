import { Command } from 'commander';
import { needing } from '../../workers/command/needs.ts';
import * as option from '../../workers/command/options.ts';
import { yaml } from '../kubernetes/packages/files.ts';
import { resourceObjects } from '../kubernetes/resource/objects.ts';
import { resourceDefinition } from '../kubernetes/resource/schema.ts';
import { podSettings } from '../kubernetes/settings.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { addPodOptions, givenSettings, namespace, type PodFlags } from './pod-options.ts';

interface CrdFlags extends PodFlags {
  readonly namespace: string;
  readonly pipeline?: string;
  readonly manifest?: string;
}

export function crdCommand(): Command {
  const crd = new Command('crd')
    .description(
      'print the CRD InferencePipeline and, with --pipeline or --manifest, the objects of the watch for that pipeline',
    )
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption());
  const { length } = crd.options;
  addPodOptions(
    crd.option('--namespace <name>', 'the namespace of the objects', namespace, 'default'),
    'labels of the nodes that watch runs on',
  );
  for (const own of crd.options.slice(length)) needing(own, '--pipeline', '--manifest');
  return crd
    .addHelpText(
      'after',
      `
An InferencePipeline has the name of its pipeline or, if Kubernetes does not take that name, the one that watch logs at its
start. Watch profiles if there is no profile, plans, applies and follows the load. The object's status says which steps are done.
Image, models, node selector and the like are options of this command for the pods of watch, and fields of the spec for all others.

  $ ipa-agent crd --pipeline fashion --namespace shop --image registry.example/ipa-edge:0.1.0 | kubectl apply -f -
  $ kubectl apply --namespace shop -f - <<< '{"apiVersion": "ipa-edge.dev/v1alpha1", "kind": "InferencePipeline",
      "metadata": {"name": "fashion"}, "spec": {"slaMs": 100, "ratePerS": 20, "cores": 4,
        "image": "registry.example/ipa-edge:0.1.0"}}'
  $ kubectl get inferencepipelines --namespace shop

Without a pipeline it prints the CRD alone; ipa-agent watch may then run anywhere.

  $ ipa-agent crd | kubectl apply -f - && ipa-agent watch --pipeline fashion --namespace shop`,
    )
    .action(async (flags: CrdFlags) => {
      if (flags.pipeline === undefined && flags.manifest === undefined)
        return void process.stdout.write(yaml(resourceDefinition()));
      const { manifest } = await loadModelFolder(option.manifestPath(flags));
      const settings = podSettings(manifest.name, flags.namespace, givenSettings(flags));
      process.stdout.write(resourceObjects(manifest.name, settings).map(yaml).join('---\n'));
    });
}
