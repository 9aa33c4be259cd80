import { expect, test } from 'vitest';
import { SampleWalk } from '../../../solver/simulate/sample-walk.ts';

const SAMPLES = 40;
const walk = new SampleWalk(1);
const drawn = Array.from({ length: 40_000 }, () => walk.next(0));

test('mostly the sample that was measured next follows, in blocks of ten on average', () => {
  const jumps = drawn.filter((place, i) => i > 0 && place !== drawn[i - 1]! + 1).length;
  expect(drawn.length / jumps).toBeGreaterThan(9);
  expect(drawn.length / jumps).toBeLessThan(11);
});

test('every sample is drawn as often as any other', () => {
  const times = Array<number>(SAMPLES).fill(0);
  for (const place of drawn) times[place % SAMPLES]!++;
  for (const n of times) {
    expect(n).toBeGreaterThan(700);
    expect(n).toBeLessThan(1300);
  }
});

test('each row goes on where it was, whatever others draw', () => {
  const two = new SampleWalk(3);
  const drawn = Array.from({ length: 200 }, () => [two.next(0), two.next(1)] as const);
  for (const row of [0, 1] as const) {
    const goesOn = drawn.filter((places, i) => i > 0 && places[row] === drawn[i - 1]![row] + 1).length;
    expect(goesOn).toBeGreaterThan(150);
  }
});
