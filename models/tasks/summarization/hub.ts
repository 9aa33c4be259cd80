import { textToTextModels } from '../generation/hub.ts';

export const summarizers = textToTextModels({
  task: 'summarization',
  stageName: 'summarize',
  models: 'a summarizer (Bart or Pegasus; T5 with --task summarization)',
  surely: /^(Bart|Pegasus)ForConditionalGeneration$/,
});
