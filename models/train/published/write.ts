import { writeFileSync } from 'node:fs';
import { NLP, SUM_QA } from './language.ts';
import { publishedOf, text } from './rules.ts';
import { AUDIO_QA, AUDIO_SENT } from './speech.ts';
import { VIDEO } from './video.ts';

/** Writes the manifests of the paper's pipelines: `npx tsx models/train/published/write.ts`. */

export const FACTS = [VIDEO, AUDIO_QA, AUDIO_SENT, SUM_QA, NLP];

if (process.argv[1] === import.meta.filename)
  for (const facts of FACTS)
    writeFileSync(new URL(`../../${facts.name}/manifest.json`, import.meta.url), text(publishedOf(facts)));
