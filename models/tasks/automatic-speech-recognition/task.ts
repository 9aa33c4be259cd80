import { z } from 'zod';
import { contentBytesMax } from '../../items/item-format.ts';
import { textItem } from '../../items/text.ts';
import { type Input, oneRun, type Program } from '../program.ts';
import type { StageResult, Task } from '../task.ts';
import { FLOATS } from '../tensor.ts';
import { readTextTruths } from '../text-labels.ts';
import { type CtcAlphabet, ctcText, readCtcAlphabet } from './ctc.ts';
import {
  FEATURES_ASSET,
  featuresInput,
  type HearingStage,
  oneSizeAtATime,
  readFeatures,
  recordings,
  speechInput,
} from './features.ts';
import { wordErrors } from './word-errors.ts';

const ID = 'automatic-speech-recognition';

interface Stage extends HearingStage {
  readonly output: z.output<typeof speechOutput>;
  /** The letters of a CTC model, once its assets are read. */
  readonly alphabet?: CtcAlphabet;
}

/** Manifest field: what the models give. `ctc`: a session `model`, which gives logits [batch, frames, letters]. */
const speechOutput = z.strictObject({ format: z.literal('ctc') });

interface Transcript extends StageResult {
  readonly text: string;
}

/** Tells a model that every sample was recorded. Some models take it, and none gets padding. */
const attentionMask: Input<Stage> = {
  spec: () => ({ name: 'attention_mask', optional: true, types: ['int64'], dims: [null] }),
  encode(stage, items) {
    const dims = [items.length, ...stage.features!.dimsOf(items[0]!.length / Float32Array.BYTES_PER_ELEMENT)];
    const size = dims.reduce((product, dim) => product * dim);
    return { type: 'int64', data: new BigInt64Array(size).fill(1n), dims };
  },
};

const ctc: Program<Stage, Transcript> = {
  assets: () => ['tokenizer', FEATURES_ASSET],
  async prepare(stage, assets) {
    return {
      ...stage,
      features: readFeatures(stage, assets),
      alphabet: readCtcAlphabet(assets.tokenizer!),
    };
  },
  ...oneSizeAtATime(
    oneRun<Stage, Transcript>({
      inputs: () => [featuresInput, attentionMask],
      outputs: () => [{ name: 'logits', types: FLOATS, dims: [null, null] }],
      decode: ({ alphabet }, [logits]) => ({
        task: ID,
        text: ctcText(logits!.values, logits!.dims[1]!, alphabet!),
      }),
    }),
  ),
};

/** The task "automatic-speech-recognition": the text of a recording. The next stage gets the text. */
export const automaticSpeechRecognition: Task<Stage, Transcript, string> = {
  id: ID,
  fields: { input: speechInput, output: speechOutput },
  check({ input, output }, _index, problem) {
    if (output.format === 'ctc' && input.encoding !== 'samples')
      problem(['input', 'encoding'], 'expected "samples" for models that give "ctc"');
  },

  itemFormat: recordings,
  childKind: 'text',
  programs: [ctc],
  children: (_stage, _item, { text }, next) => [textItem(text, contentBytesMax(next))],
  fanOut: () => 'one',

  metric: { stage: '1 − WER', pipeline: '1 − WER' },
  judged: 'last',
  readTruths: readTextTruths,
  perfect: (text) => ({ task: ID, text }),
  match({ text }, truth) {
    const { errors, words } = wordErrors(text, truth);
    return [{ predicted: 0, truth: 0, score: { earned: words - errors, possible: words } }];
  },
  tensors: () => [{ name: 'text', datatype: 'BYTES', columns: 1, rowsOf: ({ text }) => [text] }],
};
