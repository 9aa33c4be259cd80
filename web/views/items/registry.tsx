import type { VNode } from 'preact';
import type { Item } from '../../../models/items/item-batch.ts';
import {
  type ItemFormat,
  type ItemFormatOf,
  type ItemKind,
  sizeOf,
} from '../../../models/items/item-format.ts';
import { bytes, number, plural } from '../../components/format.ts';
import type { AnswerVerdict, Prediction } from '../request/predictions.ts';
import { Picture } from './Picture.tsx';
import { Recording, seconds } from './Recording.tsx';
import { Text } from './Text.tsx';

/** How the page shows items of one kind with the pipeline's answers. */
export interface ItemView<F extends ItemFormat = ItemFormat> {
  /** @param content of an item, without its fields @param predictions null to show the item without answers */
  draw(format: F, content: Item, predictions: readonly Prediction[] | null): VNode;
  caption(format: F, content: Item, predictions: readonly Prediction[]): string;
  /** Whether `draw` shows the answers; if not, they are listed below the item. */
  readonly drawsAnswers: boolean;
  /** Explanations of the marks. */
  readonly legend: readonly (readonly [AnswerVerdict, string])[];
  /** Milliseconds between two new items: a text takes longer to read than a picture. */
  readonly everyMs: number;
}

const picture: ItemView<ItemFormatOf<'pixels'>> = {
  draw: (shape, pixels, predictions) => <Picture shape={shape} pixels={pixels} predictions={predictions} />,
  caption: (_shape, _pixels, predictions) => {
    if (predictions.length === 0) return 'No object found';
    if (predictions.some(({ verdict }) => verdict === 'unjudged'))
      return plural(predictions.length, 'object');
    const right = predictions.filter(({ verdict }) => verdict === 'right').length;
    const there = predictions.filter(({ verdict }) => verdict !== 'spurious').length;
    return `${number(right)} of ${plural(there, 'object')}`;
  },
  drawsAnswers: true,
  legend: [
    ['right', '✓ right'],
    ['wrong', '✗ wrong class (the right one)'],
    ['spurious', '✗ nothing there'],
    ['missed', '? missed'],
  ],
  everyMs: 250,
};

/** Marks of whole items, whose answers are listed. */
const OF_WHOLE_ITEMS: ItemView['legend'] = [
  ['right', '✓ right'],
  ['partly', '≈ partly right'],
  ['wrong', '✗ wrong (the right one)'],
  ['spurious', '✗ wrongly found or passed on'],
  ['missed', '? wrongly not found or not passed on'],
];

const audio: ItemView<ItemFormatOf<'audio'>> = {
  draw: (format, content) => <Recording format={format} content={content} />,
  caption: (format, content) => seconds(sizeOf({ ...format, fields: [] }, content)),
  drawsAnswers: false,
  legend: OF_WHOLE_ITEMS,
  everyMs: 3000,
};

const text: ItemView<ItemFormatOf<'text'>> = {
  draw: (_format, utf8, predictions) => <Text utf8={utf8} predictions={predictions} />,
  caption: (_format, { length }) => bytes(length),
  drawsAnswers: false,
  legend: OF_WHOLE_ITEMS,
  everyMs: 1500,
};

const VIEWS: Readonly<Record<ItemKind, unknown>> = { pixels: picture, audio, text };

export const itemViewOf = ({ kind }: ItemFormat): ItemView => VIEWS[kind] as ItemView;
