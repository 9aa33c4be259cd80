import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peaksOf } from '../../web/views/items/waveform.ts';

describe('the peaks of a recording', () => {
  it('are the lowest and highest sample of each stretch, relative to the loudest', () => {
    expect(peaksOf(Float32Array.of(0, 0.25, -0.5, 0.125), 2)).toEqual([
      [0, 0.5],
      [-1, 0.25],
    ]);
  });

  it('are zero in silence', () => {
    expect(peaksOf(new Float32Array(10), 2)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('reach the loudest sample, whatever the length', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 300, min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        (samples, columns) => {
          const peaks = peaksOf(samples, columns);
          expect(peaks.length).toBe(columns);
          for (const [low, high] of peaks) expect(low).toBeLessThanOrEqual(high);
          const loudest = Math.max(...peaks.flatMap(([low, high]) => [-low, high]));
          expect(loudest).toBeCloseTo(samples.some((sample) => Math.abs(sample) > 0) ? 1 : 0);
        },
      ),
    );
  });
});
