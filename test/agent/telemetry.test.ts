import { expect, test } from 'vitest';
import { Telemetry } from '../../agent/http/telemetry.ts';
import { planOf } from './serving.ts';

const plan = planOf({ workers: [['detect', 'classify']] });
const telemetry = () => new Telemetry(['fashion', 'detect', 'classify'], ['detect', 'classify']);
const text = (of: Telemetry) =>
  of.text({ plan, queued: [0, 3], replicas: [1, 1], open: 2, foreseen: plan.stages });

interface Family {
  readonly name: string;
  readonly type: string;
  readonly samples: { readonly name: string; readonly labels: string; readonly value: number }[];
}

/** Parses a text in Prometheus' format into metric families; throws at a line that is not in this format. */
function familiesOf(exposition: string): Family[] {
  const families: Family[] = [];
  let helped = '';
  for (const line of exposition.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-z_]+) .+\.$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    const sample = /^([a-z_]+)(?:\{([^{}]*)\})? ([\d.e+-]+)$/.exec(line);
    if (help) helped = help[1]!;
    else if (type && type[1] === helped) families.push({ name: helped, type: type[2]!, samples: [] });
    else if (sample && sample[1]!.startsWith(helped))
      families.at(-1)!.samples.push({ name: sample[1]!, labels: sample[2] ?? '', value: Number(sample[3]) });
    else throw new Error(`not of the format, or not where it belongs: ${line}`);
  }
  return families;
}

test('metrics are in the format of Prometheus, each with help and type, counters named so and times in seconds', async () => {
  const families = familiesOf(await text(telemetry()));
  expect(families.length).toBeGreaterThan(10);
  for (const { name, type } of families) {
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(name).toMatch(/^ipa_edge_/);
    expect(name).not.toMatch(/_ms$|milli/);
    if (/duration|sla/.test(name)) expect(name).toMatch(/_seconds$/);
  }
});

test('what is counted is there as 0 before the first request', async () => {
  const families = familiesOf(await text(telemetry()));
  for (const { name, type, samples } of families) {
    expect(samples.length, name).toBeGreaterThan(0);
    if (type !== 'gauge' && name !== 'ipa_edge_core_seconds_total')
      expect(samples.map(({ value }) => value)).toEqual(samples.map(() => 0));
  }
  const requests = families.find(({ name }) => name === 'ipa_edge_requests_total')!;
  expect(requests.samples).toHaveLength(3 * 4);
});

test('the core time of the process is told, and only grows', async () => {
  const observed = telemetry();
  const coreS = async () =>
    familiesOf(await text(observed)).find(({ name }) => name === 'ipa_edge_core_seconds_total')!.samples[0]!
      .value;
  const before = await coreS();
  expect(before).toBeGreaterThan(0);
  expect(await coreS()).toBeGreaterThanOrEqual(before);
});

test('how long the first item of a batch waited is told by stage', async () => {
  const observed = telemetry();
  const batch = { variant: 'v', backend: 'cpu', worker: 'w', startMs: 0, serviceMs: 9, items: 2 } as const;
  for (const waitedMs of [30, 45]) observed.batch({ ...batch, stage: 'detect', waitedMs });
  const { samples } = familiesOf(await text(observed)).find(({ name }) => name === 'ipa_edge_queue_seconds')!;
  const sums = samples
    .filter(({ name }) => name.endsWith('_sum'))
    .map(({ labels, value }) => [labels, value]);
  expect(sums).toEqual([
    ['stage="detect"', expect.closeTo(0.075, 9)],
    ['stage="classify"', 0],
  ]);
});

test('buckets of a histogram rise, and the last one holds all that was observed', async () => {
  const observed = telemetry();
  for (const latencyMs of [0.5, 3, 40, 40, 90_000]) observed.ended('fashion', 'completed', latencyMs, 250);
  observed.ended('fashion', 'shed', 1, 250);
  const { samples } = familiesOf(await text(observed)).find(
    ({ name }) => name === 'ipa_edge_request_duration_seconds',
  )!;
  const own = samples.filter(({ labels }) => labels.includes('model="fashion"'));
  const buckets = own.filter(({ name }) => name.endsWith('_bucket')).map(({ value }) => value);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
  expect(buckets[0]).toBe(1);
  expect(buckets.at(-2)).toBe(4);
  const of = (suffix: string) => own.find(({ name }) => name.endsWith(suffix))!.value;
  expect([buckets.at(-1), of('_count')]).toEqual([5, 5]);
  expect(of('_sum')).toBeCloseTo(90.0835, 4);
});

test('requests that were completed within the SLA are counted, by the SLA of the plan that serves then', async () => {
  const observed = telemetry();
  for (const latencyMs of [10, 250, 251]) observed.ended('fashion', 'completed', latencyMs, 250);
  observed.ended('fashion', 'completed', 251, 300);
  for (const outcome of ['shed', 'failed'] as const) observed.ended('fashion', outcome, 1, 250);
  const { samples } = familiesOf(await text(observed)).find(
    ({ name }) => name === 'ipa_edge_requests_in_time_total',
  )!;
  expect(samples.map(({ labels, value }) => [labels, value])).toEqual([
    ['model="fashion"', 3],
    ['model="detect"', 0],
    ['model="classify"', 0],
  ]);
});
