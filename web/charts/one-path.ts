import type { RenderFunction } from '@observablehq/plot';

/** Returns the path of a symbol around the point (x, y), which is r px away from its sides. */
type Shape = (x: number, y: number, r: number) => string;

const SHAPES = {
  circle: (x, y, r) => `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`,
  diamond: (x, y, r) => `M${x},${y - 1.7 * r}l${r},${1.7 * r}l${-r},${1.7 * r}l${-r},${-1.7 * r}z`,
  square: (x, y, r) => `M${x - r},${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  times: (x, y, r) => `M${x - r},${y - r}l${2 * r},${2 * r}m0,${-2 * r}l${-2 * r},${2 * r}`,
} satisfies Record<string, Shape>;

/** At most this many dots of a mark are drawn, because more would only overlap and slow the page. */
const DOTS_MAX = 2500;

/** Rounds to tenths of a pixel, for a shorter path. */
const rounded = (px: number) => Math.round(10 * px) / 10;

/**
 * Draws the dots of a mark as one path, because thousands of elements slow the page. Of more than {@link DOTS_MAX} dots every k-th
 * one is drawn. Dots without y are at the top of the frame.
 */
export const onePath =
  (symbol: keyof typeof SHAPES, r: number): RenderFunction =>
  (index, scales, values, dimensions, context, next) => {
    // For no dots, Plot makes an empty group that has the mark's colours and offset.
    const group = next!([], scales, values, dimensions, context)!;
    const path = context.ownerSVGElement.ownerDocument.createElementNS(group.namespaceURI, 'path');
    const shape: Shape = SHAPES[symbol];
    const { x, y } = values;
    const at = (i: number) => shape(rounded(x![i]!), y ? rounded(y[i]!) : dimensions.marginTop, r);
    const step = Math.ceil(index.length / DOTS_MAX);
    const drawn = Array.from(index).filter((_, place) => place % step === 0);
    path.setAttribute('d', drawn.map(at).join(''));
    group.append(path);
    return group;
  };
