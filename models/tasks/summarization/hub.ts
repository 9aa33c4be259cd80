import { textToTextModels } from '../generation/hub.ts';

export const summarizers = textToTextModels({
  task: 'summarization',
  stageName: 'summarize',
  models: 'a summarizer (Bart or Pegasus; T5 where this task is chosen)',
  surely: /^(Bart|Pegasus)ForConditionalGeneration$/,
});
