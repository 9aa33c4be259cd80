import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { withPin } from '../../models/hub/pin.ts';
import { hubReference } from '../../models/hub/repository.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { name } from '../../solver/documents/common.ts';
import { type Dtype, dtype, type Manifest, sizeBytesOf } from '../../solver/documents/manifest.ts';
import { interruptSignal } from '../../workers/command/exit.ts';
import { readJson, writeWhole } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { megabytes, table } from '../../workers/command/terminal.ts';
import { HubClient } from '../../workers/hub/client.ts';
import { describe } from '../../workers/hub/describe.ts';

export const pinCommand = () =>
  new Command('pin')
    .description(
      'write a model of a hub into a manifest: a variant for each data type, at one commit, with SHA-256, size and licence',
    )
    .argument('<id>', "the model's id, owner/name or owner/name@revision")
    .option(
      '--dtypes <list>',
      `some of ${dtype.options.join(', ')} (default: all that the model has)`,
      dtypes,
    )
    .option(
      '--stage <name>',
      "the stage that gets the variants (default: the first one of the model's task)",
      named,
    )
    .option('--name <pipeline>', "the pipeline's name (default: the model's, or as it is)", named)
    .requiredOption(
      '--out <manifest>',
      'the manifest to write; where it exists, variants or a stage are added to it',
      option.outFile,
    )
    .addHelpText(
      'after',
      `
Image classifiers, text classifiers, and detectors of the families DETR, YOLOS and RT-DETR. Nothing large is downloaded: ipa-edge fetch does that,
and profile and bench do it where it was not done. A model that is pinned again replaces its earlier variants.

HF_ENDPOINT names another hub than https://huggingface.co; HF_TOKEN is a token for gated models, which only that hub gets.

  $ ipa-edge pin Xenova/resnet-18 --out my/manifest.json
  $ ipa-edge pin Xenova/resnet-50 --dtypes fp32,q8 --out my/manifest.json         more variants of the same stage
  $ ipa-edge pin onnx-community/rtdetr_v2_r18vd-ONNX@main --name street --out street/manifest.json`,
    )
    .action(async (id: string, options: PinFlags) => {
      const reference = hubReference(id);
      const { out } = options;
      const existing = existsSync(out) ? await readJson(out, parseManifest) : null;
      const pin = await describe(
        new HubClient({ signal: interruptSignal('stopping') }),
        reference,
        options.dtypes,
      );
      const manifest = withPin(existing, pin, { stage: options.stage, pipeline: options.name });
      await writeWhole(out, `${JSON.stringify(manifest, null, 2)}\n`);
      console.log(`${variantTable(manifest)}\n\nwrote ${out}`);
    });

interface PinFlags {
  readonly dtypes?: Dtype[];
  readonly stage?: string;
  readonly name?: string;
  readonly out: string;
}

function dtypes(text: string): Dtype[] {
  return [...new Set(text.split(','))].map((value) => {
    const parsed = dtype.safeParse(value);
    if (!parsed.success) throw new InvalidArgumentError(`Expected some of ${dtype.options.join(', ')}.`);
    return parsed.data;
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
