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
