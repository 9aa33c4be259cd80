import { textToTextModels } from '../generation/hub.ts';

/** Hub models that need no input but the text. Models such as M2M100 are left out, because they need the target language too. */
export const translators = textToTextModels({
  task: 'translation',
  stageName: 'translate',
  models: 'a translator (MarianMTModel; T5 where this task is chosen)',
  surely: /^MarianMTModel$/,
});
