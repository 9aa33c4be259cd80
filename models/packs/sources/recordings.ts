import { z } from 'zod';
import { pcmOf } from '../../items/audio.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import { InvalidSoundError, SoundTooLongError } from '../../items/sound.ts';
import { readSoundFile } from '../../items/sound-file.ts';
import { unreadableText } from '../../manifests/file-problem.ts';
import { PACK_BYTES_MAX } from '../pack.ts';
import { i32, type NamedTensor } from '../write.ts';
import { type Row, rowSchema, rowTensors } from './rows.ts';
import { chosen, formatOf, readLines, type SourceFiles, type SourceOptions } from './source.ts';
import { UnfitDataError } from './unfit.ts';

/** A sound file with its transcript, which is the label of the first stage. */
interface Recording extends Row {
  readonly audio: string;
  readonly text: string;
}

const lineSchema = rowSchema.extend({ audio: z.string().min(1), text: z.string().min(1) });

/**
 * Suffix of LibriSpeech's transcript files. Each line has the name of a sound file without its extension, then the transcript.
 */
const TRANSCRIPTS = '.trans.txt';

async function inFolder(paths: readonly string[], files: SourceFiles): Promise<Recording[]> {
  const sounds = new Map(
    paths.flatMap((path) => {
      const [, bare] = /^(.+)\.(?:wav|flac)$/i.exec(path) ?? [];
      return bare === undefined ? [] : [[bare, path] as const];
    }),
  );
  const recordings: Recording[] = [];
  for (const file of paths.filter((path) => path.endsWith(TRANSCRIPTS)))
    for (const [i, line] of (await files.text(file)).split('\n').entries()) {
      const [, name, text] = /^(\S+)\s+(.*\S)/.exec(line) ?? [];
      if (name === undefined || text === undefined) continue;
      const audio = sounds.get(beside(file, name)) ?? beside(file, `${name}.flac`);
      recordings.push({ audio, text, labels: {}, fields: {}, where: `${file}, line ${i + 1}` });
    }
  return recordings;
}

const inLines = async (file: string, files: SourceFiles): Promise<Recording[]> =>
  (await readLines(lineSchema, file, files)).map((line) => ({ ...line, audio: beside(file, line.audio) }));

/** Resolves a name or path that a file mentions against that file's folder. Absolute paths stay. */
const beside = (file: string, name: string): string =>
  /^([\\/]|[a-z]:)/i.test(name) ? name : file.replace(/[^\\/]*$/, '') + name;

async function readPcm(
  { audio, where }: Recording,
  format: ItemFormatOf<'audio'>,
  files: SourceFiles,
): Promise<Int16Array> {
  const bytes = await files.bytes(audio).catch((cause) => {
    throw new UnfitDataError(
      where,
      unreadableText(audio, cause),
      'Add it as a WAV or FLAC file; convert other sound files, e.g. with ffmpeg.',
    );
  });
  try {
    return pcmOf(readSoundFile(bytes, format));
  } catch (error) {
    if (!(error instanceof InvalidSoundError)) throw error;
    throw new UnfitDataError(audio, error.problem, 'Convert the file, cut it, or leave it out.', {
      cause: error,
    });
  }
}

/**
 * Reads WAV and FLAC files with their transcripts, for a pipeline that begins with speech recognition.
 * @param path a file of JSON lines, `{"audio": "a.wav", "text": "…", "labels": {…}, "fields": {…}}`, where `text` is the
 * transcript and `audio` a path from the file's folder; or a folder with sound files beside LibriSpeech's transcripts
 * (`*.trans.txt`), where recordings that are longer than the stage takes are left out
 * @param mostBytes limit on the bytes of all samples
 * @throws UnfitDataError, InvalidDocumentError
 */
export async function fromRecordings(
  path: string,
  options: SourceOptions,
  mostBytes = PACK_BYTES_MAX,
): Promise<NamedTensor[]> {
  const { pipeline } = options;
  const format = formatOf(pipeline, 'audio', path);
  const listed = await options.files.list(path);
  const all = listed ? await inFolder(listed, options.files) : await inLines(path, options.files);
  const asked = chosen(all, options, path);
  const rows: Recording[] = [];
  const recorded: Int16Array[] = [];
  let bytes = 0;
  for (const [i, row] of asked.entries()) {
    try {
      const pcm = await readPcm(row, format, options.files);
      bytes += pcm.byteLength;
      recorded.push(pcm);
      rows.push(row);
    } catch (error) {
      // Some recordings of LibriSpeech are longer than 30 s. So in a folder, skip recordings that are too long, unless none is
      // left.
      const isLong = (error as Error).cause instanceof SoundTooLongError;
      if (!(isLong && listed && (rows.length > 0 || i < asked.length - 1))) throw error;
    }
    if (bytes > mostBytes)
      throw new UnfitDataError(
        path,
        `the first ${rows.length} of ${asked.length} recordings have more than the ${mostBytes} bytes that a pack holds`,
        `Make the pack of fewer than ${rows.length} recordings, or of shorter ones.`,
      );
    options.onItem(i + 1, asked.length);
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
