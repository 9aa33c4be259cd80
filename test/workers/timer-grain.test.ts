import { expect, onTestFinished, test, vi } from 'vitest';
import { timerGrainMs } from '../../workers/runtime/runtime.ts';

/** Replaces the clock by one that advances by the next of these steps at each reading, and by the last step from then on. */
function clockWith(...stepsMs: number[]): void {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += stepsMs.length > 1 ? stepsMs.shift()! : stepsMs[0]!;
    return now;
  });
  onTestFinished(() => clock.mockRestore());
}

test('a pause of the program right after the start is not taken for the smallest step of the clock', () => {
  clockWith(0.005, 30, 0.005);
  expect(timerGrainMs()).toBe(0.005);
});

test('a coarse clock has its own step', () => {
  clockWith(1);
  expect(timerGrainMs()).toBe(1);
});
