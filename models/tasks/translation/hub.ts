import { textToTextModels } from '../generation/hub.ts';

/** Models for one pair of languages; those for many need to be told the language. */
export const translators = textToTextModels({
  task: 'translation',
  stageName: 'translate',
  models: 'a translator (MarianMTModel; T5 where this task is chosen)',
  surely: /^MarianMTModel$/,
});
