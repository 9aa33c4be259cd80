import { describe, expect, it } from 'vitest';
import { labelPositions } from '../../web/views/items/label-positions.ts';

const IMAGE = { width: 100, height: 100 };
const SIZE = 5;
const box = (x0: number, y0: number, x1: number, y1: number) => ({ x0, y0, x1, y1 });

describe('the label of a box in a picture', () => {
  it('stands above its box, at the side that is nearer to the edge', () => {
    const places = labelPositions(
      [
        { box: box(10, 40, 30, 60), text: 'left' },
        { box: box(70, 40, 90, 60), text: 'right' },
      ],
      IMAGE,
      SIZE,
    );
    expect(places).toEqual([
      { x: 10, y: 38.75, anchor: 'start' },
      { x: 90, y: 38.75, anchor: 'end' },
    ]);
  });

  it('stays in the picture', () => {
    const [top] = labelPositions([{ box: box(10, 0, 30, 20), text: 'top' }], IMAGE, SIZE);
    expect(top!.y).toBe(25);
    const [whole] = labelPositions([{ box: box(0, 0, 100, 100), text: 'whole' }], IMAGE, SIZE);
    expect(whole).toEqual({ x: 1, y: SIZE, anchor: 'start' });
  });

  it('covers no label before it, where there is another place', () => {
    const beside = { box: box(10, 40, 30, 60), text: 'a long label' };
    const places = labelPositions([beside, { box: box(30, 40, 48, 60), text: 'next' }], IMAGE, SIZE);
    expect(places[0]!.y).toBe(38.75);
    expect(places[1]!.y).toBe(65);
  });

  it('ends within the picture where its box is near the middle', () => {
    const [place] = labelPositions(
      [{ box: box(45, 40, 60, 60), text: 'a label of 26 letters long' }],
      IMAGE,
      SIZE,
    );
    expect(place).toMatchObject({ x: 100 - 1 - 26 * 0.6 * SIZE, anchor: 'start' });
  });
});
