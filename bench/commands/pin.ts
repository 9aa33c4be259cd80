import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Description, describe } from '../../models/hub/describe.ts';
import { type DtypeChoice, readDtypes } from '../../models/hub/dtypes.ts';
import { HUB_KINDS } from '../../models/hub/kinds.ts';
import { withPin } from '../../models/hub/pin.ts';
import { parseRecipe, pinRecipe, type Recipe } from '../../models/hub/recipe.ts';
import { hubReference } from '../../models/hub/repository.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { name } from '../../solver/documents/common.ts';
import { dtype, type Manifest, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { readJson, writeWhole } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { ROOT } from '../../workers/command/root.ts';
import { megabytes, table } from '../../workers/command/terminal.ts';
import { FileCache } from '../../workers/hub/cache.ts';
import { HubClient } from '../../workers/hub/client.ts';

export const pinCommand = () =>
  new Command('pin')
    .description(
      "write a hub's model, or a pipeline of them, into a manifest: a variant for each data type, at one commit, with SHA-256, size and licence",
    )
    .argument('[id]', "the model's id, owner/name or owner/name@revision")
    .option(
      '--recipe <name>',
      `a whole pipeline instead of an id: one of ${shippedRecipes().join(', ')}, or the path of a recipe`,
    )
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
    .option('--prefix <text>', 'prefix before each text, e.g. "summarize: "')
    .option(
      '--stage <name>',
      "the stage that gets the variants (default: the first one of the model's task)",
      named,
    )
    .option('--name <pipeline>', "the pipeline's name (default: the present one, or the model's)", named)
    .requiredOption('--out <manifest>', 'the manifest to write or, if it exists, to extend', option.outFile)
    .addHelpText(
      'after',
      `
The model is ${HUB_KINDS.map(({ models }) => models).join(', or ')}.
Pin downloads no model files: fetch does, and so do profile and bench if you skip fetch. A model that is pinned again replaces
its earlier variants.

HF_ENDPOINT names another hub than https://huggingface.co; HF_TOKEN is a token for gated models, which only that hub gets.

  $ ipa-edge pin Xenova/resnet-18 --out my/manifest.json
  $ ipa-edge pin Xenova/resnet-50 --dtypes fp32,q8 --out my/manifest.json         more variants of the same stage
  $ ipa-edge pin onnx-community/rtdetr_v2_r18vd-ONNX@main --name street --out street/manifest.json
  $ ipa-edge pin onnx-community/whisper-tiny --dtypes fp32,fp32+q8 --out speech/manifest.json     the second: encoder in fp32, decoder in q8
  $ ipa-edge pin --recipe nlp --out nlp/manifest.json     all models of a pipeline; then it tells how to make the labelled pack
  $ ipa-edge pin Xenova/t5-small --task summarization --prefix "summarize: " --out short/manifest.json`,
    )
    .action(async (id: string | undefined, options: PinFlags) => {
      const { out } = options;
      const existing = existsSync(out) ? await readJson(out, parseManifest) : null;
      const client = new HubClient({ signal: interruptSignal('stopping') });
      const cache = new FileCache();
      const keepRead = async ({ read }: Description) => {
        for (const [sha256, bytes] of read) await cache.keep(sha256, bytes);
      };
      const recipe = await recipeOf(id, options);
      let manifest: Manifest;
      if (recipe) manifest = await pinRecipe(client, recipe, existing, keepRead);
      else {
        const { dtypes, task, stage, name: pipeline, prefix } = options;
        const described = await describe(client, hubReference(id!), { dtypes, task, prefix });
        await keepRead(described);
        manifest = withPin(existing, described, { stage, pipeline });
      }
      await writeWhole(out, `${JSON.stringify(manifest, null, 2)}\n`);
      console.log(`${variantTable(manifest)}\n\nwrote ${out}`);
      if (recipe) console.log(`\n${packText(recipe, out)}`);
    });

interface PinFlags {
  readonly recipe?: string;
  readonly dtypes?: DtypeChoice[];
  readonly task?: string;
  readonly prefix?: string;
  readonly stage?: string;
  readonly name?: string;
  readonly out: string;
}

/** The recipe that is asked for; null where it is one model. @throws UsageError */
async function recipeOf(id: string | undefined, flags: PinFlags): Promise<Recipe | null> {
  const { recipe } = flags;
  if ((id === undefined) === (recipe === undefined))
    throw new UsageError('Give exactly one of an id and --recipe.');
  if (recipe === undefined) return null;
  for (const own of ['dtypes', 'task', 'prefix', 'stage', 'name'] as const)
    if (flags[own] !== undefined) throw new UsageError(`A recipe says this itself: leave --${own} out.`);
  const path = shippedRecipes().includes(recipe) ? recipePath(recipe) : recipe;
  return readJson(path, parseRecipe);
}

const recipePath = (name: string): string => join(ROOT, 'models', name, 'recipe.json');

/** The names of the recipes that come with ipa-edge. */
const shippedRecipes = (): string[] =>
  readdirSync(join(ROOT, 'models')).filter((name) => existsSync(recipePath(name)));

/** What is left to do for a labelled pack. */
function packText({ data }: Recipe, manifest: string): string {
  const quoted = data.pack.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`));
  return [
    `Labelled items: ${data.about}`,
    `Licence: ${data.licence}. From ${data.address}; for a pack of them:`,
    '',
    ...[...data.prepare, `npx ipa-edge pack --manifest ${manifest} ${quoted.join(' ')}`].map(
      (line) => `  ${line}`,
    ),
  ].join('\n');
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

function named(text: string): string {
  const parsed = name.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Expected a name of letters, digits, ".", "_" or "-".');
  return parsed.data;
}

const variantTable = ({ stages }: Manifest): string =>
  table(
    ['stage', 'task', 'variant', 'MB', 'revision', 'licence'],
    stages.flatMap((stage) =>
      stage.variants.map((variant) => [
        stage.name,
        stage.task,
        variant.name,
        megabytes(sizeBytesOf(variant)),
        variant.source?.revision.slice(0, 12) ?? 'of your own',
        variant.source ? (variant.source.licence ?? 'not stated') : '',
      ]),
    ),
  );
