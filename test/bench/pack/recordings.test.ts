import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { samplesOf } from '../../../models/items/audio.ts';
import { splitFields } from '../../../models/items/fields.ts';
import { itemsOf } from '../../../models/items/item-batch.ts';
import { fromRecordings } from '../../../models/packs/sources/recordings.ts';
import { UnfitDataError } from '../../../models/packs/sources/unfit.ts';
import { InvalidDocumentError } from '../../../solver/documents/document.ts';
import { MANIFEST, type ManifestStage } from '../../../solver/documents/manifest.ts';
import { pipelineOf, spam, transcribe } from '../../models/stages.ts';
import { tone, wavOf } from '../../models/wav.ts';
import { folderOfFile } from '../../temporary-folder.ts';
import { ipaEdgeHere } from '../command.ts';
import { answer, jsonLines, optionsOf, packed } from './sources.ts';

const folder = folderOfFile();
const path = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await mkdir(path('clips'));
  await writeFile(path('clips/low.wav'), wavOf(tone(440, 0.5, 8000), { rateHz: 8000 }));
  await writeFile(path('clips/high.wav'), wavOf(tone(440, 0.25, 44100), { rateHz: 44100, bits: 24 }));
  await writeFile(path('clips/long.wav'), wavOf(tone(440, 2.5, 8000), { rateHz: 8000 }));
  await writeFile(path('clips/torn.wav'), wavOf(tone(440, 0.5, 8000)).subarray(0, 99));
});

/** The pack of recordings for these stages. */
const packOf = (source: string, ...stages: ManifestStage[]) =>
  packed(stages, (options) => fromRecordings(source, options));

test('WAV files of any rate become recordings at the rate of the stage, with their transcripts and later labels', async () => {
  await writeFile(
    path('calls.jsonl'),
    jsonLines(
      { audio: 'clips/low.wav', text: 'Where is it?', labels: { spam: 'ham' } },
      { audio: path('clips/high.wav'), text: 'Win!', labels: { spam: 'spam' } },
    ),
  );
  const { items, truths } = await packOf(path('calls.jsonl'), transcribe, spam);
  expect(truths).toEqual([
    { truth: 'Where is it?', children: [{ truth: 0, children: [] }] },
    { truth: 'Win!', children: [{ truth: 1, children: [] }] },
  ]);
  for (const [i, seconds] of [0.5, 0.25].entries()) {
    const samples = samplesOf(itemsOf(items)[i]!);
    const expected = tone(440, seconds, 16000);
    expect(samples).toHaveLength(expected.length);
    const inner = samples.subarray(1000, -1000);
    const worst = inner.reduce(
      (most, sample, k) => Math.max(most, Math.abs(sample - expected[k + 1000]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
  }
});

test('a folder of transcripts in the way of LibriSpeech names its recordings, without those that are too long', async () => {
  await mkdir(path('set/19/198'), { recursive: true });
  for (const name of ['19-198-0000', '19-198-0001'])
    await writeFile(path('set/19/198', `${name}.wav`), wavOf(tone(300, 0.1, 16000)));
  await writeFile(
    path('set/19/198/19-198.trans.txt'),
    '19-198-0000 NORTHANGER ABBEY\n19-198-0002 TOO LONG\n19-198-0001 THIS  LITTLE WORK\n',
  );
  // The stage takes at most 2 s, so the pack leaves this recording out.
  await writeFile(path('set/19/198/19-198-0002.wav'), wavOf(tone(300, 2.5, 8000), { rateHz: 8000 }));
  const { truths } = await packOf(path('set'), transcribe);
  expect(truths.map(({ truth }) => truth)).toEqual(['NORTHANGER ABBEY', 'THIS  LITTLE WORK']);
});

test('a folder may have recordings that are too long, beside others, but none that is torn or missing', async () => {
  const made = async (name: string, transcripts: string, sounds: Record<string, Uint8Array>) => {
    await mkdir(path(name));
    await writeFile(path(name, 'all.trans.txt'), transcripts);
    await writeFile(path(name, 'notes.md'), 'No sound');
    for (const [file, bytes] of Object.entries(sounds)) await writeFile(path(name, file), bytes);
    return packOf(path(name), transcribe);
  };
  const short = wavOf(tone(440, 0.5, 8000), { rateHz: 8000 });
  const long = wavOf(tone(440, 2.5, 8000), { rateHz: 8000 });
  const lastLong = await made('last-long', 'a ONE\nwithout-words\nb TWO\n', {
    'a.wav': short,
    'b.wav': long,
  });
  expect(lastLong.truths.map(({ truth }) => truth)).toEqual(['ONE']);
  await expect(made('all-long', 'a ONE\nb TWO\n', { 'a.wav': long, 'b.wav': long })).rejects.toThrow(
    /b\.wav: it lasts 2\.500 s/,
  );
  const torn = short.subarray(0, 99);
  await expect(made('torn', 'a ONE\nb TWO\n', { 'a.wav': torn, 'b.wav': short })).rejects.toThrow(
    /a\.wav: it should have 8044 bytes/,
  );
  await expect(made('missing', 'a ONE\nb TWO\n', { 'a.wav': short })).rejects.toThrow(
    /all\.trans\.txt, line 2: .*b\.flac cannot be read: there is no such file/,
  );
});

test('a recording that is too long is refused if a line names it', async () => {
  const lines = ['low', 'long', 'low'].map((name) => ({ audio: `clips/${name}.wav`, text: 'a' }));
  await writeFile(path('mixed.jsonl'), jsonLines(...lines));
  await expect(packOf(path('mixed.jsonl'), transcribe)).rejects.toThrow(/long\.wav: it lasts 2\.500 s/);
});

test('recordings that do not fit are refused, with their place and the remedy', async () => {
  const refused = async (
    row: object,
    problem: RegExp,
    kind = UnfitDataError as new (
      ...args: never
    ) => Error,
  ) => {
    await writeFile(path('bad.jsonl'), jsonLines(row));
    const reading = fromRecordings(path('bad.jsonl'), optionsOf(transcribe));
    await expect(reading).rejects.toThrow(kind);
    await expect(reading).rejects.toThrow(problem);
  };
  await refused(
    { audio: 'clips/none.wav', text: 'a' },
    /bad\.jsonl, line 1: .*none\.wav cannot be read: there is no such file/,
  );
  await refused(
    { audio: 'clips/long.wav', text: 'a' },
    /long\.wav: it lasts 2\.500 s, and at most 2\.000 s are taken/,
  );
  await refused(
    { audio: 'clips/torn.wav', text: 'a' },
    /torn\.wav: it should have 8044 bytes, but ends after 99/,
  );
  await refused({ audio: 'clips/low.wav' }, /bad\.jsonl, line 1/, InvalidDocumentError);
  await expect(fromRecordings(path('clips'), optionsOf(transcribe))).rejects.toThrow(/no labelled items/);
  await expect(fromRecordings(path('bad.jsonl'), optionsOf(spam))).rejects.toThrow(
    /it has audio, but stage "spam" takes text/,
  );
});

test('recordings that fill a pack are refused before the rest of them is read', async () => {
  const names = ['low', 'low', 'high', 'none'];
  await writeFile(
    path('many.jsonl'),
    jsonLines(...names.map((name) => ({ audio: `clips/${name}.wav`, text: 'a' }))),
  );
  // The clip "low" has 16000 bytes at the rate of the stage, and "none" does not exist.
  const reading = fromRecordings(path('many.jsonl'), optionsOf(transcribe), 35_000);
  await expect(reading).rejects.toThrow(UnfitDataError);
  await expect(reading).rejects.toThrow(
    /many\.jsonl: the first 3 of 4 recordings have more than the 35000 bytes that a pack holds\. Make the pack of fewer than 3/,
  );
});

test('a question comes with its recording, and a row without the question is refused', async () => {
  const row = { audio: 'clips/low.wav', text: 'It is here.', labels: { answer: 'here\nIt is here' } };
  const packedWith = async (fields: object) => {
    await writeFile(path('asked.jsonl'), jsonLines({ ...row, fields }));
    return packOf(path('asked.jsonl'), transcribe, answer);
  };
  const { items, truths } = await packedWith({ question: 'Where?', other: 'b' });
  const format = pipelineOf(transcribe, answer).first.format;
  const { content, texts } = splitFields(format, itemsOf(items)[0]!);
  expect([content.length, new TextDecoder().decode(texts[0])]).toEqual([4 * 8000, 'Where?']);
  expect(truths).toEqual([
    { truth: 'It is here.', children: [{ truth: ['here', 'It is here'], children: [] }] },
  ]);
  await expect(packedWith({})).rejects.toThrow(
    /line 1: it has no field "question".*Give each item as a line of JSON with "fields": \{"question"/,
  );
  await expect(packedWith({ question: 'a'.repeat(20_000) })).rejects.toThrow(
    /the text has 20000 bytes, at most 16384 fit/,
  );
});

test('the command makes a pack of recordings', async () => {
  const file = (name: string) => ({ file: name, sha256: '1'.repeat(64), sizeBytes: 5 });
  const assets = {
    tokenizer: file('tokenizer.json'),
    'preprocessor-config': file('preprocessor_config.json'),
  };
  const stages = [{ ...transcribe, variants: [{ ...transcribe.variants[0], assets }] }];
  await writeFile(
    path('manifest.json'),
    JSON.stringify({ schema: MANIFEST, name: 'calls', title: 'Calls', stages }),
  );
  await writeFile(path('one.jsonl'), jsonLines({ audio: 'clips/low.wav', text: 'Where is it?' }));
  const { code, stdout } = await ipaEdgeHere([
    'pack',
    '--manifest',
    path('manifest.json'),
    '--recordings',
    path('one.jsonl'),
  ]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 recording of 0.5 seconds')]);
});
