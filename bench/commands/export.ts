import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { kserveObjects } from '../../agent/kubernetes/export/kserve.ts';
import { kubernetesObjects, objectNames } from '../../agent/kubernetes/export/objects.ts';
import type { KubernetesObject } from '../../agent/kubernetes/export/types.ts';
import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import { tensorNames } from '../../models/manifests/onnx.ts';
import { outputDims } from '../../models/tasks/index.ts';
import { type Plan, parsePlan } from '../../solver/documents/plan.ts';
import { addClusterOptions, clusterSettings } from '../../workers/command/cluster.ts';
import { readJson, writeWhole } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { checkPipeline } from '../../workers/command/plan-models.ts';
import { readAny } from '../runner/host.ts';
import { type TritonModel, tritonRepository } from '../triton/export/repository.ts';

const ITEMS_PROGRAM = new URL('../triton/items.py', import.meta.url);

/** No line is folded, and every object is whole. */
const YAML = { lineWidth: 0, aliasDuplicateObjects: false };

const OBJECTS = { kubernetes: kubernetesObjects, kserve: kserveObjects };

export const exportCommand = () =>
  addClusterOptions(
    new Command('export')
      .description('write a plan as Kubernetes objects, for KServe, or as a Triton model repository')
      .requiredOption('--plan <file>', 'what to run')
      .addOption(
        new Option('--format <name>', 'what is to read it')
          .choices(['kubernetes', 'kserve', 'triton'])
          .makeOptionMandatory(),
      )
      .requiredOption('--out <dir>', 'where the files go')
      .addOption(option.planManifestOption()),
  )
    .addOption(new Option('--json', 'print the names of the files on stdout as JSON'))
    .addHelpText(
      'after',
      `
kubernetes and kserve run pods of the image that agent/Containerfile builds; a triton repository gets a copy of the
planned models.

  $ ipa-edge export --plan plan.json --format kubernetes --out k8s && kubectl apply -f k8s
  $ ipa-edge export --plan plan.json --format triton --out repository`,
    )
    .action(async (options) => {
      const plan = await readJson(options.plan, parsePlan);
      const path = option.planManifestPath(plan, options);
      const models = await loadManifest(path, readAny);
      checkPipeline(plan, models.manifest);
      const files =
        options.format === 'triton'
          ? await writeTriton(plan, models, options.out)
          : await writeObjects(
              OBJECTS[options.format as keyof typeof OBJECTS](
                plan,
                models.manifest,
                clusterSettings(options, plan.pipeline),
              ),
              options.out,
            );
      if (options.format === 'kubernetes')
        console.error(
          `The pods mount a token that is not among the files: kubectl create secret generic --namespace ` +
            `${options.namespace} ${objectNames(plan.pipeline).token} --from-literal=token="$(openssl rand -hex 32)"`,
        );
      if (options.json) console.log(JSON.stringify(files));
      else
        console.log(
          `wrote ${files.length} files to ${options.out}:\n${files.map((file) => `  ${file}`).join('\n')}`,
        );
    });

/** A file per name: the objects of a part belong together. */
async function writeObjects(objects: readonly KubernetesObject[], folder: string): Promise<string[]> {
  const texts = new Map<string, string>();
  for (const object of objects) {
    const file = `${object.metadata.name}.yaml`;
    const before = texts.get(file);
    texts.set(file, `${before === undefined ? '' : `${before}---\n`}${stringify(object, YAML)}`);
  }
  for (const [file, text] of texts) await writeWhole(join(folder, file), text);
  return [...texts.keys()];
}

async function writeTriton(plan: Plan, models: LoadedManifest, folder: string): Promise<string[]> {
  const bytes = new Map<string, Uint8Array>();
  const tritonModels = plan.stages.map(async ({ name, variant: chosen }): Promise<TritonModel> => {
    const stage = models.manifest.stages.find((s) => s.name === name)!;
    const { file, sha256 } = stage.variants.find((v) => v.name === chosen)!;
    const model = await models.readVerified(file, sha256);
    bytes.set(file, model);
    const names = tensorNames(model, file);
    const { channels, height, width } = stage.input;
    const { variants: _, ...facts } = stage;
    return {
      stage: name,
      input: { name: names.input, dims: [channels, height, width] },
      output: { name: names.output, dims: outputDims(stage) },
      file,
      facts,
    };
  });
  const files = tritonRepository(plan, await Promise.all(tritonModels));
  for (const file of files) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    if ('text' in file) await writeFile(path, file.text);
    else if ('model' in file) await writeFile(path, bytes.get(file.model)!);
    else await copyFile(ITEMS_PROGRAM, path);
  }
  return files.map(({ path }) => path);
}
