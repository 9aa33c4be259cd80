import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pcmOf, samplesOf, samplesOfPcm } from '../../models/items/audio.ts';

test('16-bit samples come back as they were', () => {
  fc.assert(
    fc.property(fc.int16Array(), (pcm) => {
      expect(pcmOf(samplesOfPcm(pcm))).toEqual(pcm);
    }),
  );
});

test('samples beyond full scale are clipped', () => {
  expect([...pcmOf(Float32Array.of(1, 1.5, -1.5, 0.999_99))]).toEqual([32767, 32767, -32768, 32767]);
});

test('the samples of an item are read wherever it lies in memory', () => {
  const bytes = new Uint8Array(13);
  const floats = new Uint8Array(Float32Array.of(0.5, -0.25, 1).buffer);
  bytes.set(floats, 1);
  expect([...samplesOf(bytes.subarray(1))]).toEqual([0.5, -0.25, 1]);
  expect(samplesOf(floats).buffer).toBe(floats.buffer);
  const copy = new Float32Array(4).subarray(1);
  expect(samplesOf(bytes.subarray(1), copy)).toEqual(copy);
  expect([...copy]).toEqual([0.5, -0.25, 1]);
});
