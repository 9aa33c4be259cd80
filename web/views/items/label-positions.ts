import type { Box } from '../../../models/items/crop.ts';

/** The point on a label's base line where the label starts or ends, in pixels of the picture. */
export interface LabelPosition {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

/** Width of a letter ÷ font size. */
const LETTER_WIDTH = 0.6;

/**
 * Places the labels of boxes in a picture. A label is above its box or, if there is no space, below or inside it, and avoids
 * earlier labels if possible.
 * @param size font size in pixels of the picture
 */
export function labelPositions(
  labels: readonly { readonly box: Box; readonly text: string }[],
  { width, height }: { readonly width: number; readonly height: number },
  size: number,
): LabelPosition[] {
  const taken: Box[] = [];
  return labels.map(({ box: { x0, y0, x1, y1 }, text }) => {
    const anchor = x0 < width / 2 ? 'start' : 'end';
    const length = LETTER_WIDTH * size * text.length;
    const x =
      anchor === 'start'
        ? Math.max(1, Math.min(x0, width - 1 - length))
        : Math.min(width - 1, Math.max(x1, 1 + length));
    const left = anchor === 'start' ? x : x - length;
    const covers = (y: number): Box => ({ x0: left, y0: y - size, x1: left + length, y1: y + 0.2 * size });
    const lines = [y0 - 0.25 * size, y1 + size, y0 + size, y1 - 0.25 * size].filter(
      (y) => y >= size && y <= height - 0.2 * size,
    );
    const y = lines.find((one) => !taken.some((other) => overlap(covers(one), other))) ?? lines[0] ?? size;
    taken.push(covers(y));
    return { x, y, anchor };
  });
}

const overlap = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
