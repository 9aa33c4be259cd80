import { expect, onTestFinished, test, vi } from 'vitest';
import { LiveRun } from '../../web/state/try/live-run.ts';
import { fashionReport } from './report-fixtures.ts';

test('a request that took longer than the charts show counts in the latest statistics', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const live = new LiveRun(80_000);
  live.onPlan(fashionReport().runs[0]!.plans[0]!);
  live.onEnded({
    arrivalMs: 0,
    input: new Uint8Array(),
    truth: null,
    score: null,
    answer: { outcome: 'shed', latencyMs: 70_000, answer: { result: null, children: [] } },
  });
  for (const nowMs of [71_000, 79_000]) {
    clock.mockReturnValue(nowMs);
    expect(live.view()!.recent.attainment).toBe(0);
    expect(live.view()!.ended).toEqual([]);
  }
  clock.mockReturnValue(81_000);
  expect(live.view()!.recent.attainment).toBe(null);
});

test('late sending is judged as in the report of the run: a late request is not too late while no figure shows it', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const slaMs = 100;
  const latenessMs = [9, ...Array.from({ length: 19 }, () => 1)];
  for (const [lateMs, valid] of [
    [latenessMs, true],
    [latenessMs.map(() => 9), false],
  ] as const) {
    const live = new LiveRun(slaMs);
    live.onPlan(fashionReport().runs[0]!.plans[0]!);
    for (const [i, ms] of lateMs.entries()) {
      live.onSent(100 * i, ms);
      const answer = {
        outcome: 'completed',
        latencyMs: ms + 8,
        answer: { result: null, children: [] },
      } as const;
      live.onEnded({ arrivalMs: 100 * i, input: new Uint8Array(), truth: null, score: null, answer });
    }
    clock.mockReturnValue(3000);
    const { recent } = live.view()!;
    expect(recent.latenessP99Ms).toBe(9);
    expect(recent.valid).toBe(valid);
    clock.mockReturnValue(0);
  }
});
