import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describe } from '../../models/hub/describe.ts';
import type { AloneOptions } from '../../models/hub/describe-alone.ts';
import { type DtypeChoice, readDtypes } from '../../models/hub/dtypes.ts';
import { ONNX_FILE } from '../../models/hub/file-names.ts';
import { HUB_KINDS } from '../../models/hub/kinds.ts';
import { type StatedAccuracy, withPin } from '../../models/hub/pin.ts';
import { pinRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { hubReference } from '../../models/hub/repository.ts';
import { readSize, SCALINGS } from '../../models/onnx/picture-input.ts';
import type { PictureSize } from '../../models/tasks/pictures.ts';
import { accuracy, name } from '../../solver/documents/common.ts';
import { dtype } from '../../solver/documents/manifest.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import * as option from '../../workers/command/options.ts';
import { onDisk } from '../pack/disk.ts';
import { ALONE, pinGiven, refuseAlone } from '../pin/given.ts';
import { pinInto } from '../pin/manifest.ts';
import { readRecipe, recipeOption } from '../recipe/recipes.ts';
import { dataSteps, dataText } from '../recipe/steps.ts';

export const pinCommand = () =>
  new Command('pin')
    .description(
      "write a model, of a hub or on this machine, or a pipeline of a hub's models, into a manifest: a variant for each data type, at one commit, with SHA-256, size and licence",
    )
    .argument(
      '[id]',
      "the model's id, owner/name or owner/name@revision; or the path of its folder in the hub's layout, or of an .onnx file",
    )
    .addOption(recipeOption('pin all models of a pipeline, instead of one model by its id'))
    .option(
      '--dtypes <list>',
      `some of ${dtype.options.join(', ')}, or the encoder's and the decoder's, e.g. fp32+q8 (default: all that the model has)`,
      dtypes,
    )
    .addOption(
      new Option('--task <task>', 'the task, where the model may have several').choices(
        HUB_KINDS.map(({ task }) => task),
      ),
    )
    .option('--prefix <text>', 'prefix before each text of a translator or summariser, e.g. "summarize: "')
    .option('--classes <file>', 'names of the classes of a single .onnx file, one on each line')
    .option(
      '--size <width>x<height>',
      'size of the pictures for a single .onnx file, if it takes any size',
      readSize,
    )
    .addOption(
      new Option('--scaling <name>', 'how a single .onnx file takes pixels').choices(
        SCALINGS.map(({ name }) => name),
      ),
    )
    .option(
      '--stage <name>',
      "the stage that gets the variants; another name makes a new stage at the end (default: the first one of the model's task)",
      named,
    )
    .option('--name <pipeline>', "the pipeline's name (default: the present one, or the model's)", named)
    .option('--accuracy <0..1>', "the model's published accuracy, in the metric of its task", share)
    .option('--accuracy-source <text>', 'where the accuracy of --accuracy is published')
    .requiredOption('--out <manifest>', 'the manifest to write or, if it exists, to extend', option.outFile)
    .addHelpText(
      'after',
      `
The model is one of
  ${HUB_KINDS.map(({ models }) => models).join(',\n  ')}.

Pin downloads no model files: fetch does, and so do profile and bench if you skip fetch. A model that is pinned again replaces
its earlier variants. With a labelled pack (ipa-edge pack) accuracies are measured. Without one, state --accuracy of every model, or
of none: then plans are by latency and cost alone.

A folder or an .onnx file of yours is pinned by its path: the manifest names the files where they are. An ONNX file without the hub's
config.json must detect objects in a YOLO format, or classify pictures.

HF_ENDPOINT names another hub than https://huggingface.co; HF_TOKEN is a token for gated models, which only that hub gets.

  $ ipa-edge pin Xenova/resnet-18 --out my/manifest.json
  $ ipa-edge pin Xenova/resnet-50 --dtypes fp32,q8 --out my/manifest.json         more variants of the same stage
  $ ipa-edge pin onnx-community/rtdetr_v2_r18vd-ONNX@main --name street --out street/manifest.json
  $ ipa-edge pin onnx-community/whisper-tiny --dtypes fp32,fp32+q8 --out speech/manifest.json     the second: encoder in fp32, decoder in q8
  $ ipa-edge pin Xenova/resnet-18 --accuracy 0.6976 --accuracy-source "torchvision, ImageNet" --out my/manifest.json
  $ ipa-edge pin ./exported/resnet-18 --out my/manifest.json               a folder in the hub's layout
  $ ipa-edge pin best.onnx --classes names.txt --out yolo/manifest.json    one file, e.g. of a YOLO detector
  $ ipa-edge pin turned.onnx --classes names.txt --size 192x48 --scaling=-1..1 --out text/manifest.json
  $ ipa-edge pin --recipe nlp --out nlp/manifest.json     all models of a pipeline; then it tells how to make the labelled pack
  $ ipa-edge pin Xenova/t5-small --task summarization --prefix "summarize: " --out short/manifest.json`,
    )
    .action(async (id: string | undefined, options: PinFlags) => {
      const { out } = options;
      const recipe = await recipeOf(id, options);
      const stated = statedIn(options);
      const said = await pinInto(out, interruptSignal(), async (hub, existing, keep) => {
        if (recipe) return pinRecipe(hub, recipe, existing, keep);
        const { dtypes, task, stage, name: pipeline, prefix } = options;
        const names = { stage, pipeline, stated };
        if (isPath(id!)) {
          const said = { dtypes, task, prefix, ...names, ...(await saidAlone(options)) };
          return pinGiven(id!, existing, out, said, console.log);
        }
        refuseAlone(`The hub's config.json of ${id}`, options);
        const described = await describe(hub, hubReference(id!), { dtypes, task, prefix });
        await keep(described);
        return withPin(existing, described, names);
      });
      console.log(said);
      if (recipe) {
        const lines = dataSteps(recipe, out).map(({ line }) => `  ${line}`);
        console.log(
          `\n${dataText(recipe)}\n\nFor a pack of them, as bench --recipe makes it:\n\n${lines.join('\n')}`,
        );
      }
    });

/** Whether the user means a file or a folder, and not a model's id: a path begins with a slash or dots, or names a file. */
const isPath = (id: string): boolean =>
  /^\.{0,2}[\\/]/.test(id) || ONNX_FILE.test(id) || /\.json$/i.test(id) || existsSync(id);

interface PinFlags {
  readonly recipe?: string;
  readonly dtypes?: DtypeChoice[];
  readonly task?: string;
  readonly prefix?: string;
  readonly stage?: string;
  readonly name?: string;
  readonly classes?: string;
  readonly size?: PictureSize;
  readonly scaling?: string;
  readonly accuracy?: number;
  readonly accuracySource?: string;
  readonly out: string;
}

async function saidAlone({ classes, size, scaling }: PinFlags): Promise<AloneOptions> {
  const text = classes === undefined ? undefined : await onDisk.text(classes);
  return {
    classes: text?.split('\n').flatMap((line) => line.trim() || []),
    size,
    scaling: SCALINGS.find(({ name }) => name === scaling),
  };
}

/** @throws UsageError */
function statedIn({ accuracy, accuracySource }: PinFlags): StatedAccuracy | undefined {
  if ((accuracy === undefined) !== (accuracySource === undefined))
    throw new UsageError('Give --accuracy and --accuracy-source together.');
  return accuracy === undefined ? undefined : { accuracy, accuracySource: accuracySource! };
}

/** The recipe that `--recipe` names; null if the user gives the id of one model instead. @throws UsageError */
async function recipeOf(id: string | undefined, flags: PinFlags): Promise<Recipe | null> {
  const { recipe } = flags;
  if ((id === undefined) === (recipe === undefined))
    throw new UsageError('Give exactly one of an id and --recipe.');
  if (recipe === undefined) return null;
  for (const own of ['dtypes', 'task', 'prefix', 'stage', 'name', ...ALONE, 'accuracy'] as const)
    if (flags[own] !== undefined) throw new UsageError(`A recipe says this itself: leave --${own} out.`);
  return readRecipe(recipe);
}

function dtypes(text: string): DtypeChoice[] {
  return [...new Set(text.split(','))].map((value) => {
    const read = readDtypes(value);
    if (!read)
      throw new InvalidArgumentError(
        `Expected some of ${dtype.options.join(', ')}, or two of them joined by +.`,
      );
    return read;
  });
}

function share(text: string): number {
  const parsed = accuracy.safeParse(text.trim() === '' ? text : Number(text));
  if (!parsed.success) throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return parsed.data;
}

function named(text: string): string {
  const parsed = name.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Expected a name of letters, digits, ".", "_" or "-".');
  return parsed.data;
}
