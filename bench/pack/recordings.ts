import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { pcmOf } from '../../models/items/audio.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import { InvalidSoundError } from '../../models/items/sound.ts';
import { readSoundFile } from '../../models/items/sound-file.ts';
import { MOST_FILE_BYTES } from '../../models/manifests/load.ts';
import { i32, type NamedTensor } from '../../models/packs/write.ts';
import { readAtMost } from '../../workers/command/files.ts';
import { message } from '../../workers/runtime/errors.ts';
import { type Row, rowSchema, rowTensors } from './rows.ts';
import { chosen, formatOf, readLines, readText, type SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** A sound file with its transcript, which is the label of the first stage. */
interface Recording extends Row {
  readonly audio: string;
  readonly text: string;
}

const lineSchema = rowSchema.extend({ audio: z.string().min(1), text: z.string().min(1) });

/** Ending of LibriSpeech's files of transcripts: a line has the name of a sound file without its ending, and the text. */
const TRANSCRIPTS = '.trans.txt';

async function inFolder(folder: string): Promise<Recording[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(TRANSCRIPTS))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const paths = new Map(
    entries.flatMap(({ parentPath, name }) => {
      const [, bare] = /^(.+)\.(?:wav|flac)$/i.exec(name) ?? [];
      return bare === undefined ? [] : [[join(parentPath, bare), join(parentPath, name)] as const];
    }),
  );
  const recordings: Recording[] = [];
  for (const file of files)
    for (const [i, line] of (await readText(file)).split('\n').entries()) {
      const [, name, text] = /^(\S+)\s+(.*\S)/.exec(line) ?? [];
      if (name === undefined || text === undefined) continue;
      const audio = paths.get(join(dirname(file), name)) ?? join(dirname(file), `${name}.flac`);
      recordings.push({ audio, text, labels: {}, fields: {}, where: `${file}, line ${i + 1}` });
    }
  return recordings;
}

const inLines = async (file: string): Promise<Recording[]> =>
  (await readLines(lineSchema, file)).map((line) => ({ ...line, audio: resolve(dirname(file), line.audio) }));

async function readPcm({ audio, where }: Recording, format: ItemFormatOf<'audio'>): Promise<Int16Array> {
  const bytes = await readAtMost(audio, MOST_FILE_BYTES).catch((cause) => {
    throw new UnfitDataError(
      where,
      `the recording cannot be read (${message(cause)})`,
      'Add it as a WAV or FLAC file; convert other sound files, e.g. with ffmpeg.',
    );
  });
  try {
    return pcmOf(readSoundFile(bytes, format));
  } catch (error) {
    if (!(error instanceof InvalidSoundError)) throw error;
    throw new UnfitDataError(audio, error.problem, 'Convert the file, cut it, or leave it out.');
  }
}

/**
 * Reads WAV and FLAC files with their transcripts, for a pipeline that begins with speech recognition.
 * @param path a file of JSON lines, `{"audio": "a.wav", "text": "…", "labels": {…}, "fields": {…}}`, where `text` is the transcript
 *   and `audio` a path from the file's folder; or a folder with sound files beside LibriSpeech's transcripts (`*.trans.txt`)
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromRecordings(path: string, options: SourceOptions): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'audio', path);
  const all = (await stat(path)).isDirectory() ? await inFolder(path) : await inLines(path);
  const rows = chosen(all, options, path);
  const recorded: Int16Array[] = [];
  for (const row of rows) {
    recorded.push(await readPcm(row, format));
    options.onItem(recorded.length, rows.length);
  }
  let end = 0;
  const ends = recorded.map(({ length }) => (end += length));
  const samples = new Int16Array(end);
  recorded.forEach((own, i) => {
    samples.set(own, ends[i]! - own.length);
  });
  const transcribed = rows.map((row) => ({
    ...row,
    labels: { ...row.labels, [pipeline.first.name]: row.text },
    text: null,
  }));
  return [
    { name: 'audio', shape: [samples.length], data: samples },
    i32('audio_end', ends),
    ...rowTensors(pipeline, transcribed),
  ];
}
