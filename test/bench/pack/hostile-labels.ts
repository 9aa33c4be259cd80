import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { fromCoco } from '../../../models/packs/sources/pictures.ts';
import { fromQuestions } from '../../../models/packs/sources/questions.ts';
import { fromRecordings } from '../../../models/packs/sources/recordings.ts';
import type { SourceOptions } from '../../../models/packs/sources/source.ts';
import { fromTexts } from '../../../models/packs/sources/texts.ts';
import type { NamedTensor } from '../../../models/packs/write.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import type { HostileCase } from '../../models/hostile.ts';
import { classify, detect, language, spam, transcribe } from '../../models/stages.ts';
import { tone, wavOf } from '../../models/wav.ts';
import { answerOrNone, packed } from './sources.ts';

/** Readers of files with labels, each with valid files to change. A pack made of a file that a reader accepts can be read. */

const LINES = {
  texts: { text: 'hello', labels: { language: 'eng', spam: 'ham' }, fields: { note: 'x' } },
  recordings: { audio: 'a.wav', text: 'hello', labels: { language: 'eng' }, fields: {} },
  questions: {
    context: 'Anna waits.',
    question: 'Who?',
    answers: ['Anna', 'anna'],
    labels: { language: 'eng' },
    fields: {},
  },
};
const SQUAD = {
  data: [
    {
      paragraphs: [
        { context: 'Anna waits.', qas: [{ id: 'q', question: 'Who?', answers: [{ text: 'Anna' }] }] },
      ],
    },
  ],
};
const COCO = {
  images: [
    { id: 1, file_name: 'a.png' },
    { id: 2, file_name: 'a.png' },
  ],
  annotations: [
    { image_id: 1, category_id: 7, bbox: [0, 0, 4, 4], iscrowd: 0 },
    { image_id: 2, category_id: 8, bbox: [1, 1, 2, 9] },
  ],
  categories: ['a', 'b', 'c'].map((name, i) => ({ id: 7 + i, name })),
};

/** Returns the readers with their files. @param folder gets the recording and the picture that the files name */
export async function hostileLabels(folder: string): Promise<Readonly<Record<string, HostileCase>>> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'a.wav'), wavOf(tone(440, 0.1, 8000), { rateHz: 8000 }));
  await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } }).toFile(
    join(folder, 'a.png'),
  );
  const file = join(folder, 'labels');

  const write = (bytes: Uint8Array, then = '') => writeFile(file, Buffer.concat([bytes, Buffer.from(then)]));
  const lines = (
    line: object,
    stages: readonly ManifestStage[],
    read: (path: string, options: SourceOptions) => Promise<readonly NamedTensor[]>,
  ): HostileCase => ({
    files: [line],
    async read(bytes) {
      await write(bytes, `\n${JSON.stringify(line)}\n`);
      await packed(stages, (options) => read(file, options));
    },
  });
  return {
    'lines of texts': lines(LINES.texts, [language, spam], fromTexts),
    'lines of recordings': lines(LINES.recordings, [transcribe, language], fromRecordings),
    'lines of questions': lines(LINES.questions, [language, answerOrNone], fromQuestions),
    'questions in the format of SQuAD': {
      files: [SQUAD],
      async read(bytes) {
        await write(bytes);
        await packed([answerOrNone], (options) => fromQuestions(file, options));
      },
    },
    'boxes in the format of COCO': {
      files: [COCO],
      async read(bytes) {
        await write(bytes);
        await packed([detect, classify], (options) => fromCoco(file, folder, options));
      },
    },
  };
}
