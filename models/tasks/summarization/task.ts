import { textToText } from '../generation/text-to-text.ts';
import { rougeL } from '../text-scores/rouge-l.ts';

/** The task "summarization": a shorter text. Its metric is the mean of the texts' ROUGE-L. */
export const summarization = textToText({ id: 'summarization', metric: 'ROUGE-L', scoreOf: rougeL });
