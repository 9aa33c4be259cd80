import type { RenderFunction } from '@observablehq/plot';

/** The outlines of symbols, in px, as paths that begin at the symbol's middle. */
const OUTLINES = {
  circle: 'm-1.6,0a1.6,1.6 0 1 0 3.2,0a1.6,1.6 0 1 0 -3.2,0',
  diamond: 'm0,-4l2.3,4l-2.3,4l-2.3,-4z',
  square: 'm-2.7,-2.7h5.4v5.4h-5.4z',
  times: 'm-2.7,-2.7l5.4,5.4m0,-5.4l-5.4,5.4',
};

/** At most this many dots of a mark are drawn, because more would only overlap and slow the page. */
const DOTS_MAX = 2500;

/** A coordinate in tenths of a pixel, because more digits would only lengthen the path. */
const rounded = (px: number) => Math.round(10 * px) / 10;

/**
 * Draws the dots of a mark as one path, because thousands of elements slow the page. Of more than {@link DOTS_MAX} dots every k-th
 * one is drawn. Dots without y are at the top of the frame.
 */
export const onePath =
  (symbol: keyof typeof OUTLINES): RenderFunction =>
  (index, scales, values, dimensions, context, next) => {
    // For no dots, Plot makes an empty group that has the mark's colours and offset.
    const group = next!([], scales, values, dimensions, context)!;
    const path = context.ownerSVGElement.ownerDocument.createElementNS(group.namespaceURI, 'path');
    const { x, y } = values;
    const step = Math.ceil(index.length / DOTS_MAX);
    const drawn = Array.from(index).filter((_, place) => place % step === 0);
    const outlines = drawn.map(
      (i) => `M${rounded(x![i]!)},${y ? rounded(y[i]!) : dimensions.marginTop}${OUTLINES[symbol]}`,
    );
    path.setAttribute('d', outlines.join(''));
    group.append(path);
    return group;
  };
