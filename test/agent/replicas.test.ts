import { describe, expect, onTestFinished, test } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { until } from '../until.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { load, metric, models, planOf, replicas, requestOf, serving, whole } from './serving.ts';
import { sharedByTests } from './shared.ts';

/** The services of this file wait for this promise before they start a worker. */
let mayCome = Promise.resolve();

/** Serves for the tests of a `describe`. */
const served = (...[hand, options]: Parameters<typeof serving>) =>
  sharedByTests(async ({ atEnd }) => {
    const startWorker = startAtOnce(models, nodeEnvironment());
    const made = await serving(hand, {
      ...options,
      startWorker: (...worker) => mayCome.then(() => startWorker(...worker)),
    });
    atEnd(() => made.close());
    return made;
  });

const ofThree = { workers: [['detect'], ['classify'], ['classify']], batch: 2 };

describe('an agent with three workers', () => {
  const agent = served(ofThree);

  test.each([
    ['a replica', 1],
    ['two replicas at once', 2],
  ])(
    'kill -9 of %s under load: every request is answered, and replicas take their place',
    async (_, killed) => {
      const { client, service, url } = await agent();
      const before = await metric(url, 'ipa_edge_workers_lost_total');
      const victims = replicas().slice(-killed);
      const tally = await load(client, 60, (sent) => {
        if (sent === 20) for (const pid of victims) process.kill(pid, 'SIGKILL');
      });
      expect(tally).toEqual(whole(60));
      await until(async () => expect(await metric(url, 'ipa_edge_workers_lost_total')).toBe(before + killed));
      expect(replicas()).toEqual(expect.not.arrayContaining(victims));
      // A worker that is killed before it serves is no lost worker, so the next test needs all of them to serve.
      await until(async () => {
        const said = await service.metrics();
        expect(said).toContain('ipa_edge_replicas{stage="detect"} 1');
        expect(said).toContain('ipa_edge_replicas{stage="classify"} 2');
      });
    },
  );

  test('without a replica of a stage the agent is not ready, and is again when there is one', async () => {
    const { client } = await agent();
    let come = () => {};
    mayCome = new Promise((resolve) => {
      come = resolve;
    });
    onTestFinished(come);
    for (const pid of replicas()) process.kill(pid, 'SIGKILL');
    await until(async () => expect(await client.ready('fashion')).toBe(false));
    come();
    await until(async () => expect(await client.ready('fashion')).toBe(true));
  });

  test('a plan that is replaced three times under load fails no request', async () => {
    const { client, service, url } = await agent();
    const before = await metric(url, 'ipa_edge_plan_switches_total');
    const plans = [
      planOf({ workers: [['detect'], ['classify']], variants: ['det8', 'cnn8'], batch: 4 }),
      planOf({ workers: [['detect', 'classify']], batch: 1 }),
      planOf(ofThree),
    ];
    let replacing = true;
    const loads = load(client, () => replacing);
    await Promise.all(plans.map((plan) => service.replace(plan))).finally(() => {
      replacing = false;
    });
    const tally = await loads;
    expect(tally).toEqual(whole(tally.sent));
    expect(tally.sent).toBeGreaterThan(0);
    expect(service.plan).toEqual(plans[2]);
    expect(await metric(url, 'ipa_edge_plan_switches_total')).toBe(before + 3);
  });
});

describe('an agent with a worker for each stage', () => {
  const agent = served(
    { workers: [['detect'], ['classify']], batch: 2, slaMs: 600 },
    { limits: { hungMs: 3000 } },
  );

  test('a session that hangs is ended by the watchdog, and what it held is answered by another one', async () => {
    const { client, events } = await agent();
    const tally = await load(client, 60, (sent) => {
      if (sent === 20) process.kill(replicas()[1]!, 'SIGSTOP');
    });
    expect(tally).toEqual(whole(60));
    expect(events.join('\n')).toMatch(/was lost \(a batch took far longer than expected\)/);
  });

  test('while the only worker of a stage hangs the agent is not ready, and is again when another one runs', async () => {
    const { client } = await agent();
    await until(async () => expect(await client.ready('fashion')).toBe(true));
    const victim = replicas()[1]!;
    process.kill(victim, 'SIGSTOP');
    const answer = client.infer('fashion', requestOf(0));
    await until(async () => expect(await client.ready('fashion')).toBe(false));
    expect(replicas()).toContain(victim);
    await answer;
    await until(async () => expect(await client.ready('fashion')).toBe(true));
    expect(replicas()).not.toContain(victim);
  });
});
