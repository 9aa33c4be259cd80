import type { VNode } from 'preact';
import type { Item } from '../../../models/items/item-batch.ts';
import type { ItemFormat, ItemFormatOf, ItemKind } from '../../../models/items/item-format.ts';
import { bytes, number, plural } from '../../components/format.ts';
import type { Thing, Verdict } from '../request/things.ts';
import { Picture } from './Picture.tsx';
import { Text } from './Text.tsx';

/** How the page shows items of one kind with the pipeline's answers. */
export interface ItemView<F extends ItemFormat = ItemFormat> {
  draw(format: F, item: Item, things: readonly Thing[]): VNode;
  caption(item: Item, things: readonly Thing[]): string;
  /** Explanations of the marks. */
  readonly legend: readonly (readonly [Verdict, string])[];
  /** Milliseconds between two new items: a text takes longer to read than a picture. */
  readonly everyMs: number;
}

const picture: ItemView<ItemFormatOf<'pixels'>> = {
  draw: (shape, pixels, things) => <Picture shape={shape} pixels={pixels} things={things} />,
  caption: (_pixels, things) => {
    const right = things.filter(({ verdict }) => verdict === 'right').length;
    const there = things.filter(({ verdict }) => verdict !== 'spurious').length;
    return `${number(right)} of ${plural(there, 'object')}`;
  },
  legend: [
    ['right', '✓ right'],
    ['wrong', '✗ wrong class (the right one)'],
    ['spurious', '✗ nothing there'],
    ['missed', '? missed'],
  ],
  everyMs: 250,
};

const text: ItemView<ItemFormatOf<'text'>> = {
  draw: (_format, utf8, things) => <Text utf8={utf8} things={things} />,
  caption: ({ length }) => bytes(length),
  legend: [
    ['right', '✓ right'],
    ['wrong', '✗ wrong class (the right one)'],
    ['spurious', '✗ wrongly passed on'],
    ['missed', '? wrongly not passed on'],
  ],
  everyMs: 1500,
};

/** Items of a kind without a view are not shown. */
const VIEWS: Readonly<Partial<Record<ItemKind, unknown>>> = { pixels: picture, text };

export const itemViewOf = ({ kind }: ItemFormat): ItemView | null => (VIEWS[kind] as ItemView) ?? null;
