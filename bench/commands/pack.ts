import { basename, dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { Pipeline } from '../../models/manifests/pipeline.ts';
import { packEntry } from '../../models/packs/entry.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import { packOf } from '../../models/packs/pack.ts';
import { fromCoco, fromFolders } from '../../models/packs/sources/pictures.ts';
import { fromQuestions } from '../../models/packs/sources/questions.ts';
import { fromRecordings } from '../../models/packs/sources/recordings.ts';
import type { SourceOptions } from '../../models/packs/sources/source.ts';
import { fromTexts } from '../../models/packs/sources/texts.ts';
import { type NamedTensor, packBytes } from '../../models/packs/write.ts';
import { packFacts } from '../../solver/documents/common.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { checkWritable, readJson, writeJson, writeWhole } from '../../workers/command/files.ts';
import * as option from '../../workers/command/options.ts';
import { ProgressLine } from '../../workers/command/terminal.ts';
import { onDisk } from '../pack/disk.ts';

interface Options {
  readonly manifest: string;
  readonly folders?: string;
  readonly coco?: string;
  readonly pictures?: string;
  readonly texts?: string;
  readonly questions?: string;
  readonly recordings?: string;
  readonly limit: number;
  readonly seed: number;
  readonly source?: string;
  readonly mix?: string;
}

export const packCommand = () =>
  new Command('pack')
    .description('make a labelled pack for a manifest from pictures, texts or recordings with their labels')
    .requiredOption('--manifest <file>', 'the manifest; the pack is written beside it and entered in it')
    .option('--folders <folder>', 'pictures in folders with the names of their classes')
    .option('--coco <file>', 'boxes of objects in the COCO format, with --pictures')
    .option('--pictures <folder>', 'the pictures that --coco names')
    .option(
      '--texts <file>',
      'JSON lines: {"text": "…", "labels": {"<stage>": "<class or text>"}}; entities as places or tags',
    )
    .option(
      '--questions <file>',
      'JSON lines: {"context": "…", "question": "…", "answers": ["…"]}, with "labels": {"<stage>": "…"} of earlier stages; or the JSON of SQuAD',
    )
    .option(
      '--recordings <path>',
      'JSON lines: {"audio": "a.wav", "text": "<transcript>", "labels": {…}}; WAV or FLAC; or a folder of such files with *.trans.txt',
    )
    .option(
      '--limit <n>',
      'most items in the pack; if the data has more, the command draws this many at random (of pictures, no more than fit into a pack)',
      option.count,
      500,
    )
    .option('--seed <n>', 'seed of the draw for --limit', option.integer, 1)
    .option('--source <text>', 'where the data is from (default: the name of the folder or file)')
    .option(
      '--mix <text>',
      'what the mix of items stands for, e.g. "calls of a help desk, as long as in May" (default: their number and sizes)',
      mix,
    )
    .addHelpText(
      'after',
      `
Accuracy, fan-out and latency are measured on the items of the pack, so take data that no variant was trained on. Percentiles are
those of the pack's mix of sizes, so take items as large as those to come, and say with --mix what they stand for.

  $ ipa-edge pack --manifest my/manifest.json --folders photos        photos/tabby/1.jpg, photos/beagle/2.jpg, …: names of classes
  $ ipa-edge pack --manifest my/manifest.json --coco instances_val2017.json --pictures val2017
  $ ipa-edge pack --manifest my/manifest.json --texts mails.jsonl
  $ ipa-edge pack --manifest my/manifest.json --questions dev-v2.0.json
  $ ipa-edge pack --manifest my/manifest.json --recordings calls.jsonl
  $ ipa-edge pack --manifest my/manifest.json --recordings LibriSpeech/test-clean   FLAC files with *.trans.txt

Where a stage reads a text beside the item, such as a question, each line has it: "fields": {"question": "…"}.`,
    )
    .action(async (options: Options) => {
      const pipeline = new Pipeline(await readJson(options.manifest, parseManifest));
      await checkWritable(options.manifest);
      const progress = new ProgressLine();
      const signal = interruptSignal('stopping; no pack is written');
      const startMs = performance.now();
      const { from, tensors } = await read(options, {
        pipeline,
        files: onDisk,
        limit: options.limit,
        seed: options.seed,
        onItem(done, total) {
          progress.share(`${done} of ${total} items`, done / total, startMs);
          signal.throwIfAborted();
        },
      }).finally(progress.clear);
      const bytes = await packBytes(tensors);
      const pack = await packOf(bytes, 'that was made', pipeline);
      // Fails before a pack is replaced by one with which not every stage can be measured.
      await stageItems(pack, pipeline);
      const entry = await packEntry(bytes, options.source ?? basename(from), pack, pipeline, options.mix);
      const path = join(dirname(options.manifest), entry.file);
      signal.throwIfAborted();
      await writeWhole(path, bytes);
      // Another command may have written the manifest while the pack was made.
      const newest = await readJson(options.manifest, parseManifest);
      await writeJson(options.manifest, { ...newest, pack: entry });
      console.log(`wrote ${path}, which ${options.manifest} names\n${entry.mix}`);
    });

function mix(text: string): string {
  const parsed = packFacts.shape.mix.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Expected a text of 1 to 400 letters.');
  return text;
}

async function read(
  { folders, coco, pictures, texts, questions, recordings }: Options,
  options: SourceOptions,
): Promise<{ from: string; tensors: NamedTensor[] }> {
  if ([folders, coco, texts, questions, recordings].filter((given) => given !== undefined).length !== 1)
    throw new UsageError('Give one of --folders, --coco, --texts, --questions and --recordings.');
  if ((coco === undefined) !== (pictures === undefined))
    throw new UsageError('Give --coco and --pictures together.');
  if (folders !== undefined) return { from: folders, tensors: await fromFolders(folders, options) };
  if (texts !== undefined) return { from: texts, tensors: await fromTexts(texts, options) };
  if (questions !== undefined) return { from: questions, tensors: await fromQuestions(questions, options) };
  if (recordings !== undefined)
    return { from: recordings, tensors: await fromRecordings(recordings, options) };
  return { from: coco!, tensors: await fromCoco(coco!, pictures!, options) };
}
