import { afterEach, expect, it, vi } from 'vitest';
import { drawRepeatedly } from '../../web/state/try/drawing.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Draws in a thread that each layout and paint keeps busy for `paintMs`. @returns how often in a minute */
function drawingsInAMinute(paintMs: number): number {
  let nowMs = 0;
  let count = 0;
  const due: { atMs: number; call: () => void }[] = [];
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  vi.stubGlobal('setTimeout', (call: () => void, ms = 0) => due.push({ atMs: nowMs + ms, call }));
  vi.stubGlobal('requestAnimationFrame', (call: () => void) =>
    due.push({
      atMs: nowMs + 16,
      call() {
        call();
        nowMs += paintMs;
      },
    }),
  );
  drawRepeatedly(() => {
    count++;
    return true;
  });
  while (nowMs < 60_000) {
    const { atMs, call } = due.shift()!;
    nowMs = Math.max(nowMs, atMs);
    call();
  }
  return count;
}

it('a run is drawn the less often, the longer drawing takes, because requests that are due meanwhile are sent late', () => {
  expect(drawingsInAMinute(1)).toBeGreaterThan(110);
  for (const paintMs of [100, 300]) {
    const count = drawingsInAMinute(paintMs);
    expect(count).toBeGreaterThan(1);
    // The first drawing has no pause before it.
    expect((count - 1) * paintMs).toBeLessThanOrEqual(0.03 * 60_000);
  }
});

it('a run that has ended is drawn no more', () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (call: () => void) => frames.push(call));
  vi.stubGlobal('setTimeout', (call: () => void) => call());
  const draw = vi.fn().mockReturnValueOnce(true).mockReturnValue(false);
  drawRepeatedly(draw);
  while (frames.length > 0) frames.shift()!();
  expect(draw).toHaveBeenCalledTimes(2);
});
