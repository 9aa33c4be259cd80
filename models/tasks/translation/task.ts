import { textToText } from '../generation/text-to-text.ts';
import { chrF } from '../text-scores/chrf.ts';

/** The task "translation": a text in another language. Its metric is the mean of the texts' chrF. */
export const translation = textToText({ id: 'translation', metric: 'chrF', scoreOf: chrF });
