import { expect, test } from 'vitest';
import { planChangeText } from '../../agent/cluster/watch/plan-change-text.ts';
import { invalidRuns } from '../../bench/commands/invalid-run.ts';
import { planTimeline, runText } from '../../bench/commands/tables.ts';
import { planText } from '../../workers/command/plan-text.ts';
import { ms } from '../../workers/command/terminal.ts';
import { fashionReport } from '../web/report-fixtures.ts';

const [run] = fashionReport().runs;

test('the table of a run shows the percentile that its plan is for, and what the plan must attain', () => {
  const lines = (percentile: number) => runText([{ ...run!, percentile }]).split('\n');
  const sla = ms(run!.slaMs);
  expect(lines(95)[0]).toMatch(/^run +p50 ms +p95 ms +attainment/);
  expect(lines(95)[4]).toMatch(new RegExp(`^ +required +${sla} +0\\.950$`));
  expect(lines(99)[0]).toMatch(/^run +p50 ms +p95 ms +p99 ms +attainment/);
  expect(lines(99)[4]).toMatch(new RegExp(`^ +required +${sla} +0\\.990$`));
  expect(lines(99)[2]).toMatch(new RegExp(` ${ms(run!.result.latencyMs.p99!)} `));
  // No report lists the p90, so it is counted from the requests.
  expect(lines(90)[2]).toMatch(/^plan +measured +[\d.]+ +[\d.]+ +[\d.]+ +[01]\.\d{3} /);
});

test('a percentile that too few requests have is a dash, whether or not reports list it', () => {
  const p = (percentile: number, requests: number) => {
    const own = { ...run!, percentile, requests: run!.requests.slice(0, requests) };
    return runText([own]).split('\n')[2]!.split(/ {2,}/)[percentile > 95 ? 4 : 3];
  };
  const completed = (requests: number) =>
    run!.requests.slice(0, requests).filter(({ latencyMs }) => latencyMs !== null).length;
  expect(completed(900)).toBeLessThan(1000);
  expect(p(99.9, 900)).toBe('–');
  expect(p(99.9, run!.requests.length)).toMatch(/^\d/);
  expect(p(90, 9)).toBe('–');
  expect(p(90, 20)).toMatch(/^\d/);
});

test('a run that barely missed its percentile does not read as one that kept it', () => {
  const [, , measured] = runText([{ ...run!, result: { ...run!.result, slaAttainment: 0.9497 } }]).split(
    '\n',
  );
  expect(measured).toMatch(/^plan +measured +[\d.]+ +[\d.]+ +0\.949 /);
});

test('runs that are not valid are named with the remedy', () => {
  const late = { ...run!, load: { ...run!.load, valid: false, latenessP99Ms: 78 } };
  expect(invalidRuns([run!], 'send less.')).toBeUndefined();
  expect(invalidRuns([run!, late], 'send less.')!.message).toMatch(
    /^Requests were sent 78\.0 ms late \(p99\) in the run plan \(.+\)\.\nThis does not show what the variants of the run can do: .* or other programs held the cores .* End other programs, or send less\.$/,
  );
});

test('the timeline of plans names the system that decided only where a simulation chose among systems', () => {
  const decided = { ...run!, adaptation: { system: 'ours', predictor: 'learned', intervalS: 10, steps: [] } };
  expect(planTimeline(decided)).toMatch(
    /^from s +requests\/s +plan[\s\S]*\n\n0 decisions, 0 changes of plan$/,
  );
  expect(planTimeline({ ...decided, simulated: true })).toMatch(/0 decisions by ours, 0 changes of plan$/);
});

test('the timeline of plans shows a rate under one request in ten seconds', () => {
  const served = { ...run!.plans[0]!.plan, ratePerS: 0.04 };
  expect(planTimeline({ ...run!, plans: [{ atMs: 0, plan: served }] })).toMatch(/\n +0\.0 +0\.04 /);
});

test('the timeline of plans shows a cascade as one stage', () => {
  const { plan } = run!.plans[0]!;
  const [detect, classify] = plan.stages;
  const escalation = { from: 'classify', below: 0.9, share: 0.2, accuracy: 0.9 };
  const heavy = { ...classify!, name: 'classify-heavy', variant: 'huge', batch: 1, replicas: 1, escalation };
  const served = { ...plan, stages: [detect!, classify!, heavy] };
  expect(planTimeline({ ...run!, plans: [{ atMs: 0, plan: served }] })).toMatch(
    / → \S+ b4 ×\d, under 0\.9 huge b1 ×1 /,
  );
});

test('a rate of one request per second is one request', () => {
  const plan = { ...run!.plans[0]!.plan, ratePerS: 1 };
  expect(planText(plan)).toContain(' at 1 request/s\n');
  expect(planText({ ...plan, ratePerS: 1.5 })).toContain(' at 1.5 requests/s\n');
  expect(planChangeText(plan, plan)).toContain(', for 1 request/s within ');
});

test('an SLA that was derived from measurements is rounded', () => {
  const plan = { ...run!.plans[0]!.plan, slaMs: 147.64241999997466 };
  expect(planChangeText(plan, plan)).toContain(' within 147.642 ms;');
});
