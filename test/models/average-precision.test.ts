import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  type JudgedPicture,
  meanAveragePrecision,
} from '../../models/tasks/object-detection/average-precision.ts';

/** Boxes on a grid: those of different places do not overlap, those of one place are the same. */
const at = (place: number, label = 0) => ({ x0: 10 * place, y0: 0, x1: 10 * place + 8, y1: 8, label });
const detected = (place: number, score: number, label = 0) => ({ ...at(place, label), score });

describe('average precision', () => {
  it('is the area under the curve of precision over recall, each precision the highest from there on', () => {
    // By falling score: right, wrong, right; of three objects. Precisions 1, 1/2, 2/3; the third object is missed.
    const images = [
      { objects: [at(0), at(1)], detections: [detected(0, 0.9), detected(5, 0.8)] },
      { objects: [at(0)], detections: [detected(0, 0.7)] },
    ];
    expect(averagePrecision(images)).toBeCloseTo((1 + 2 / 3) / 3, 12);
  });

  it('raises the precision at a recall to a higher one that follows', () => {
    // Wrong, right, right: precisions 0, 1/2, 2/3, so both objects count 2/3.
    const detections = [detected(5, 0.9), detected(0, 0.8), detected(1, 0.7)];
    expect(averagePrecision([{ objects: [at(0), at(1)], detections }])).toBeCloseTo(2 / 3, 12);
  });

  it('counts a second detection of an object as wrong', () => {
    const detections = [detected(0, 0.9), detected(0, 0.8), detected(1, 0.7)];
    expect(averagePrecision([{ objects: [at(0), at(1)], detections }])).toBeCloseTo((1 + 2 / 3) / 2, 12);
  });

  it('gives a detection the object that it overlaps most, and needs an overlap of a half', () => {
    const wide = { x0: 0, y0: 0, x1: 16, y1: 8, label: 0 };
    const exact = { x0: 0, y0: 0, x1: 12, y1: 8, label: 0 };
    const both = [
      { ...exact, score: 0.9 },
      { ...wide, score: 0.8 },
    ];
    expect(averagePrecision([{ objects: [wide, exact], detections: both }])).toBe(1);
    // The object that the first detection overlaps most is listed first, then last. The second detection overlaps only the other one.
    const left = { ...wide, x1: 8.8 };
    const detections = [
      { ...left, score: 0.9 },
      { ...wide, x0: 2, score: 0.8 },
    ];
    for (const objects of [
      [wide, left],
      [left, wide],
    ])
      expect(averagePrecision([{ objects, detections }])).toBe(1);
    const half = { x0: 0, y0: 0, x1: 8, y1: 8, label: 0, score: 1 };
    expect(averagePrecision([{ objects: [wide], detections: [half] }])).toBe(1);
    const less = { ...half, x1: 7.9 };
    expect(averagePrecision([{ objects: [wide], detections: [less] }])).toBe(0);
  });

  it('equals the mean over recalls of the best precision at each, whatever the detections', () => {
    const places = 6;
    const image = fc.record({
      objects: fc.uniqueArray(fc.nat(places - 1), { minLength: 1, maxLength: places }),
      detections: fc.array(fc.record({ place: fc.nat(places - 1), score: fc.nat(1_000_000) }), {
        maxLength: 10,
      }),
    });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 4 }), (drawn) => {
        const scores = drawn.flatMap(({ detections }) => detections.map(({ score }) => score));
        fc.pre(new Set(scores).size === scores.length);
        const images: JudgedPicture[] = drawn.map(({ objects, detections }) => ({
          objects: objects.map((place) => at(place)),
          detections: detections.map(({ place, score }) => detected(place, score)),
        }));
        const all = drawn.reduce((sum, { objects }) => sum + objects.length, 0);
        /** Precision and recall of the detections whose score is at least this. */
        const pointAt = (least: number) => {
          let [right, count] = [0, 0];
          for (const { objects, detections } of drawn) {
            const kept = detections.filter(({ score }) => score >= least);
            count += kept.length;
            right += objects.filter((place) => kept.some((one) => one.place === place)).length;
          }
          return { precision: right / count, recall: right / all };
        };
        const points = scores.map(pointAt);
        let area = 0;
        for (let k = 1; k <= all; k++)
          area += Math.max(0, ...points.flatMap((p) => (p.recall >= k / all ? p.precision : []))) / all;
        expect(averagePrecision(images)).toBeCloseTo(area, 10);
      }),
    );
  });
});

describe('mean average precision', () => {
  it('is the mean over the classes that have objects', () => {
    const images = [
      {
        objects: [at(0, 0), at(1, 1)],
        detections: [detected(1, 0.9, 0), detected(0, 0.8, 0), detected(2, 0.7, 2)],
      },
    ];
    // The first detection has the wrong class, so the right one after it has a precision of a half.
    expect(meanAveragePrecision(images)).toBe(0.25);
  });

  it('is unknown without objects', () => {
    expect(meanAveragePrecision([{ objects: [], detections: [detected(0, 1)] }])).toBeNull();
  });
});
