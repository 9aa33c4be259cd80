import { samplesOf } from '../../models/items/audio.ts';
import { splitFields } from '../../models/items/fields.ts';
import type { Item } from '../../models/items/item-batch.ts';
import type { ItemFormat } from '../../models/items/item-format.ts';
import type { StageStep } from '../../workers/executor/step-by-step.ts';
import { peaksOf } from '../views/items/waveform.ts';
import { viewOf } from '../views/tasks/registry.ts';
import type { Sample, SampleItem } from './sample.ts';

/** The sample of a pipeline is one of this many first requests of its pack. */
export const REQUESTS = 200;
/** The room in a picture of the pipeline: items per stage, letters per text and peaks per waveform. */
const ITEMS_MAX = 3;
const LETTERS_MAX = 160;
const PEAKS = 60;
/** Shades of a picture: few, so that the page, which loads the sample at its start, stays small. */
const SHADES = 16;

/** A stage with its items and results of one request. */
type AnsweredStage = Pick<StageStep, 'stage' | 'items' | 'results'>;

/** The sample of an answered request; null if the picture of the pipeline has no room for it, or if a stage got no item. */
export function fittingSample(stages: readonly AnsweredStage[]): Sample | null {
  if (!stages.every(({ items }) => items.length > 0 && items.length <= ITEMS_MAX)) return null;
  const sample = { stages: stages.map(stageOf) };
  return isShort(sample) ? sample : null;
}

const stageOf = ({ stage: { name, stage, format, next }, items, results }: AnsweredStage) => ({
  name,
  items: items.map((item) => sampleItem(format, item)),
  answers:
    next && !stage.task.includes('classification')
      ? []
      : results.map((result) => viewOf(stage).words?.(stage, { result }, 0) ?? ''),
});

function sampleItem(format: ItemFormat, item: Item): SampleItem {
  const { content, texts } = splitFields(format, item);
  if (format.kind === 'pixels') {
    const { channels, height, width } = format;
    const step = 255 / (SHADES - 1);
    const shaded = content.map((value) => Math.round(Math.round(value / step) * step));
    const letters = shaded.reduce((text, value) => text + String.fromCharCode(value), '');
    return { kind: 'pixels', channels, height, width, base64: btoa(letters) };
  }
  if (format.kind === 'audio') {
    const samples = samplesOf(content);
    const rounded = (value: number) => Number(value.toFixed(2));
    const peaks = peaksOf(samples, PEAKS).map(([low, high]) => [rounded(low), rounded(high)] as const);
    return { kind: 'audio', peaks };
  }
  const words = [content, ...texts].map((text) => new TextDecoder().decode(text).trim());
  return { kind: 'text', text: words.join('\n') };
}

export const itemCount = (stages: readonly { readonly items: readonly unknown[] }[]): number =>
  stages.reduce((sum, { items }) => sum + items.length, 0);

const isShort = ({ stages }: Sample): boolean =>
  stages.every(({ items, answers }) =>
    [...answers, ...items.map((item) => (item.kind === 'text' ? item.text : ''))].every(
      ({ length }) => length <= LETTERS_MAX,
    ),
  );
