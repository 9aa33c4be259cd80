import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Box, cropResize, type PictureShape } from '../../models/items/crop.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { fashion, fixture } from './fashion.ts';

const gray = (side: number) => ({ channels: 1, height: side, width: side });

test("crops are Pillow's, pixel by pixel", async () => {
  const { pack, stages } = await fashion();
  const crops =
    await fixture<{ image: number; box: [number, number, number, number]; pixels: string }[]>('crops.json');
  const images = itemsOf(pack.items);
  const [scene, crop] = stages.map(({ stage, task }) => task.itemFormat(stage) as unknown as PictureShape);
  for (const { image, box, pixels } of crops) {
    const out = new Uint8Array(28 * 28);
    const [x0, y0, x1, y1] = box;
    cropResize(images[image]!, scene!, { x0, y0, x1, y1 }, out, crop!);
    expect(Buffer.from(out).toString('base64'), `box ${box}`).toBe(pixels);
  }
});

const corner = fc.integer({ min: -40, max: 60 });
const side = fc.integer({ min: 1, max: 80 });
const anyBox = fc.tuple(corner, corner, side, side).map(
  ([x0, y0, w, h]): Box => ({
    x0,
    y0,
    x1: x0 + w,
    y1: y0 + h,
  }),
);

test('a crop of an even image that lies inside it is as even', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), side, (value, width) => {
      const image = new Uint8Array(80 * 80).fill(value);
      const out = new Uint8Array(28 * 28);
      cropResize(image, gray(80), { x0: 0, y0: 0, x1: width, y1: 80 }, out, gray(28));
      expect(out.every((pixel) => pixel === value)).toBe(true);
    }),
  );
});

test('no crop leaves the range of the pixels that it was cut from and the zeros beyond', () => {
  fc.assert(
    fc.property(anyBox, fc.uint8Array({ minLength: 400, maxLength: 400 }), (box, image) => {
      const out = new Uint8Array(28 * 28).fill(255);
      cropResize(image, gray(20), box, out, gray(28));
      expect(Math.max(...out)).toBeLessThanOrEqual(Math.max(...image));
    }),
  );
});

test('an image of the size wanted is copied', () => {
  const image = Uint8Array.from({ length: 49 }, (_, i) => i * 5);
  const out = new Uint8Array(49);
  cropResize(image, gray(7), { x0: 0, y0: 0, x1: 7, y1: 7 }, out, gray(7));
  expect(out).toEqual(image);
});

test('one channel becomes three alike', () => {
  const out = new Uint8Array(3 * 4);
  const whole = { x0: 0, y0: 0, x1: 2, y1: 2 };
  cropResize(Uint8Array.of(1, 2, 3, 4), gray(2), whole, out, { channels: 3, height: 2, width: 2 });
  expect([...out]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
});

test('three channels become one by luma', () => {
  const out = new Uint8Array(1);
  const rgb = Uint8Array.of(100, 200, 50);
  cropResize(rgb, { channels: 3, height: 1, width: 1 }, { x0: 0, y0: 0, x1: 1, y1: 1 }, out, gray(1));
  expect(out[0]).toBe(Math.round(0.299 * 100 + 0.587 * 200 + 0.114 * 50));
});
