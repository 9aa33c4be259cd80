import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { measureServing } from '../../agent/profiler/measure-serving.ts';
import { replayingWorker } from '../../agent/profiler/replay.ts';
import { timeCalls } from '../../agent/profiler/time-calls.ts';
import { itemsOf } from '../../models/items/item-batch.ts';
import { type LoadedManifest, loadManifest } from '../../models/manifests/load.ts';
import { stageItems } from '../../models/packs/labelled-items.ts';
import type { Pauses } from '../../solver/documents/pauses.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import type { Serving } from '../../solver/documents/serving.ts';
import { readAtMost } from '../../workers/command/files.ts';
import { ROOT } from '../../workers/command/root.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { type RecordedStage, recordStage, type ServedStage } from '../../workers/profiler/recorded-stage.ts';
import { Sessions } from '../../workers/profiler/sessions.ts';
import type { ProfileSettings } from '../../workers/profiler/types.ts';
import { cell, profile, runs } from '../solver/profiles.ts';
import { models } from './serving.ts';

const SETTINGS: ProfileSettings = { backends: ['cpu'], threads: [1], batches: [1, 4], budgetS: 1, seed: 1 };

/** Runs some items through the first variant of each stage, and records the results. */
async function record({ pipeline, ...models }: LoadedManifest): Promise<RecordedStage[]> {
  const sessions = new Sessions({ pipeline, ...models }, nodeEnvironment());
  const ofStages = await stageItems(await models.readPack(), pipeline);
  const recorded: RecordedStage[] = [];
  for (const [s, { name: stage, stage: fields }] of pipeline.stages.entries()) {
    const wanted = { stage, variant: fields.variants[0]!.name, backend: 'cpu', threads: 1 } as const;
    recorded.push(await recordStage(stage, await sessions.open(wanted), ofStages[s]!));
  }
  sessions.close();
  return recorded;
}

/** Stages whose batches take no time. */
const served = (stages: readonly RecordedStage[]): ServedStage[] =>
  stages.map((recorded) => ({ recorded, batch: async () => ({ inferenceMs: 0 }) }));

let recorded: RecordedStage[];
beforeAll(async () => {
  recorded = await record(models);
});

describe('what serving costs', () => {
  let serving: Serving;
  let pauses: readonly Pauses[] | undefined;
  beforeAll(async () => {
    const measure = measureServing(models.manifest);
    ({ serving, pauses } = await measure(
      served(recorded),
      { ...SETTINGS, pods: true },
      Number.POSITIVE_INFINITY,
      undefined,
    ));
  });

  test('is measured for both forms of body, of which the one of JSON is longer and costs more', () => {
    const [binary, json] = serving.requests;
    expect([binary!.body, json!.body]).toEqual(['binary', 'json']);
    expect(json!.bodyBytes).toBeGreaterThan(2 * binary!.bodyBytes);
    for (const { n, coreMs, latency } of serving.requests) {
      expect(n).toBeGreaterThan(0);
      expect(coreMs).toBeGreaterThan(0);
      expect(latency.every(({ delayMs }, i) => i === 0 || delayMs >= latency[i - 1]!.delayMs)).toBe(true);
    }
  });

  test('is measured for batches of each size on their way to the pods of each stage', () => {
    expect(serving.hops!.map(({ stage, items }) => [stage, items])).toEqual([
      ['detect', 1],
      ['detect', 4],
      ['classify', 1],
      ['classify', 4],
    ]);
    for (const { gatewayMs, podMs } of serving.hops!) {
      expect(gatewayMs).toBeGreaterThan(0);
      expect(podMs).toBeGreaterThan(0);
    }
  });

  test('is measured after pauses, and so are the timers of the serving thread', () => {
    for (const delays of [serving.requestPauses!, ...pauses!, serving.hopPauses!])
      expect(delays.map(({ pauseMs }) => pauseMs)).toEqual([2, 8, 32]);
    expect(serving.timers!.every(({ delayMs }) => delayMs >= 0)).toBe(true);
  });

  test('is a part of a profile', () => {
    expect(() =>
      parseProfile({ ...profile([cell('detect', 's', 'cpu', 1, runs(4))]), serving }, 'the test'),
    ).not.toThrow();
  });
});

test.each([
  ['mail', ['binary', 'json']],
  ['mini-audio-qa', ['binary']],
])('requests of %s are measured in each form that its items have', async (name, forms) => {
  const loaded = await loadManifest(join(ROOT, 'models', name, 'manifest.json'), readAtMost);
  const measure = measureServing(loaded.manifest);
  const { serving } = await measure(served(await record(loaded)), SETTINGS, 0, undefined);
  expect(serving.requests.map(({ body }) => body)).toEqual(forms);
});

test('on one machine no way to pods is measured, and measuring stops when it is told to', async () => {
  const measure = measureServing(models.manifest);
  const { serving, pauses } = await measure(served(recorded), SETTINGS, 0, undefined);
  expect(serving).not.toHaveProperty('hops');
  expect(pauses).toBeUndefined();
  const reason = new Error('enough');
  const controller = new AbortController();
  const stopped = measure(served(recorded), SETTINGS, 0, controller.signal);
  controller.abort(reason);
  await expect(stopped).rejects.toBe(reason);
});

test('the worker that stands for a model gives its results in turn, each with its own items', async () => {
  const worker = replayingWorker(recorded);
  const [detect] = recorded;
  const count = detect!.results.length;
  const { lengths, bytes } = detect!.items;
  const first = { lengths: lengths.slice(0, count - 1), bytes };
  const last = { lengths: [lengths.at(-1)!, lengths[0]!], bytes };
  const runs = [await worker.run('detect', first), await worker.run('detect', last)];
  expect(runs.flatMap(({ results }) => results)).toEqual([...detect!.results, detect!.results[0]]);
  expect(runs.flatMap(({ childCounts }) => childCounts)).toEqual([
    ...detect!.childCounts,
    detect!.childCounts[0],
  ]);
  expect(runs.flatMap(({ children }) => itemsOf(children)).slice(0, detect!.children.lengths.length)).toEqual(
    itemsOf(detect!.children),
  );
});

test('latencies are of calls one at a time, and core time is of several', async () => {
  let open = 0;
  let most = 0;
  let calls = 0;
  const openWhile: number[] = [];
  const timed = await timeCalls(
    async () => {
      calls++;
      openWhile.push(++open);
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve));
      open--;
    },
    3,
    { calls: 10, msMax: 1e6 },
    20,
    { caller: () => calls, called: async () => 2 * calls },
  );
  expect(most).toBe(3);
  expect(openWhile.filter((n) => n === 1).length).toBeGreaterThanOrEqual(timed.n);
  expect(timed.callerMs).toBe(1);
  expect(timed.calledMs).toBe(2);
});
