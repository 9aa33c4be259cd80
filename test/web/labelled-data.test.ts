import { expect, it } from 'vitest';
import { itemsOf } from '../../models/items/item-batch.ts';
import { parsePack } from '../../models/packs/pack.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { packOfData } from '../../web/state/files/labelled-data.ts';
import { fileAt } from '../file-at.ts';
import { pipelineOf, spam, transcribe } from '../models/stages.ts';
import { tone, wavOf } from '../models/wav.ts';

/** Makes packs of labelled data that is given to the page, without pictures, which need a browser. */

const lines = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

async function packed(files: readonly File[], ...stages: ManifestStage[]) {
  const pipeline = pipelineOf(...stages);
  const { bytes, from } = await packOfData(files, pipeline, () => {});
  return { from, pack: await parsePack(bytes, pipeline) };
}

it('JSON lines of texts become a pack with their labels', async () => {
  const mails = fileAt(
    'mails.jsonl',
    lines({ text: 'Win!', labels: { spam: 'spam' } }, { text: 'Hello', labels: { spam: 'ham' } }),
  );
  const { from, pack } = await packed([mails], spam);
  expect(from).toBe('mails.jsonl');
  expect(pack.truths.map(({ truth }) => truth)).toEqual([1, 0]);
  expect(itemsOf(pack.items).map((item) => new TextDecoder().decode(item))).toEqual(['Win!', 'Hello']);
});

const sound = new Uint8Array(wavOf(tone(440, 0.5, 8000), { rateHz: 8000 }));

it('sounds with their transcripts become a pack: as JSON lines, or as LibriSpeech has them', async () => {
  const asLines = [
    fileAt('calls/calls.jsonl', lines({ audio: 'low.wav', text: 'Where is it?' })),
    fileAt('calls/low.wav', sound),
  ];
  const asTranscripts = [
    fileAt('speech/1/1.trans.txt', '1-0001 Where is it?\n'),
    fileAt('speech/1/1-0001.wav', sound),
  ];
  for (const files of [asLines, asTranscripts]) {
    const { pack } = await packed(files, transcribe);
    expect(pack.truths.map(({ truth }) => truth)).toEqual(['Where is it?']);
  }
});

it('what has no labels, or names a file that was not given, is refused with the remedy', async () => {
  await expect(packed([fileAt('a.wav', sound)], transcribe)).rejects.toThrow(
    /a\.wav: this page finds no labels in it.*JSON lines/,
  );
  const lost = fileAt('calls/calls.jsonl', lines({ audio: 'lost.wav', text: 'Where is it?' }));
  await expect(packed([lost], transcribe)).rejects.toThrow(/lost\.wav: it is not among the chosen files/);
  const texts = fileAt('mails.jsonl', lines({ text: 'Hello', labels: { spam: 'ham' } }));
  await expect(packed([texts], transcribe)).rejects.toThrow(/takes audio/);
});
