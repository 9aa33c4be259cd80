import { afterEach, expect, test } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { until } from '../until.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { load, models, planOf, replicas, requestOf, type Serving, serving, whole } from './serving.ts';

let agent: Serving;

afterEach(() => agent.close());

test.each([
  ['a replica', 1],
  ['two replicas at once', 2],
])(
  'kill -9 of %s under load: every request is answered, and replicas take their place',
  async (_, killed) => {
    agent = await serving({ workers: [['detect'], ['classify'], ['classify']], batch: 2 });
    const victims = replicas().slice(-killed);
    const tally = await load(agent.client, 80, (sent) => {
      if (sent === 24) for (const pid of victims) process.kill(pid, 'SIGKILL');
    });
    expect(tally).toEqual(whole(80));
    await until(async () =>
      expect(await agent.service.metrics()).toContain(`ipa_edge_workers_lost_total ${killed}`),
    );
    await until(() => {
      expect(replicas()).toHaveLength(3);
      expect(replicas()).toEqual(expect.not.arrayContaining(victims));
      expect(agent.service.ready).toBe(true);
    });
  },
);

test('without a replica of a stage the agent is not ready, and is again when there is one', async () => {
  const startWorker = startAtOnce(models, nodeEnvironment());
  let come = () => {};
  let mayCome = Promise.resolve();
  agent = await serving(
    { workers: [['detect', 'classify']] },
    { startWorker: (...worker) => mayCome.then(() => startWorker(...worker)) },
  );
  mayCome = new Promise((resolve) => {
    come = resolve;
  });
  process.kill(replicas()[0]!, 'SIGKILL');
  await until(async () => expect(await agent.client.ready('fashion')).toBe(false));
  come();
  await until(async () => expect(await agent.client.ready('fashion')).toBe(true));
});

test('a session that hangs is ended by the watchdog, and what it held is answered by another one', async () => {
  agent = await serving(
    { workers: [['detect'], ['classify']], batch: 2, slaMs: 600 },
    { limits: { hungMs: 3000 } },
  );
  const tally = await load(agent.client, 60, (sent) => {
    if (sent === 20) process.kill(replicas()[1]!, 'SIGSTOP');
  });
  expect(tally).toEqual(whole(60));
  expect(agent.events.join('\n')).toMatch(/was lost \(a batch took far longer than expected\)/);
});

test('while the only worker of a stage hangs the agent is not ready, and is again when another one runs', async () => {
  agent = await serving({ workers: [['detect'], ['classify']], batch: 2, slaMs: 1000 });
  const victim = replicas()[1]!;
  process.kill(victim, 'SIGSTOP');
  const answer = agent.client.infer('fashion', requestOf(0));
  await until(async () => expect(await agent.client.ready('fashion')).toBe(false));
  expect(replicas()).toContain(victim);
  await answer;
  await until(async () => expect(await agent.client.ready('fashion')).toBe(true));
  expect(replicas()).not.toContain(victim);
});

test('a plan that is replaced six times under load fails no request', async () => {
  agent = await serving({ workers: [['detect'], ['classify']], batch: 2 });
  const plans = [
    planOf({ workers: [['detect'], ['classify']], variants: ['det8', 'cnn8'], batch: 4 }),
    planOf({ workers: [['detect', 'classify']], batch: 1 }),
    planOf({ workers: [['detect'], ['classify'], ['classify']], batch: 2 }),
  ];
  let replacing = true;
  const loads = load(agent.client, () => replacing);
  const replaced = Array.from({ length: 6 }, (_, i) => agent.service.replace(plans[i % 3]!));
  await Promise.all(replaced).finally(() => {
    replacing = false;
  });
  const tally = await loads;
  expect(tally).toEqual(whole(tally.sent));
  expect(tally.sent).toBeGreaterThan(0);
  expect(agent.service.plan).toEqual(plans[5 % 3]);
  expect(await agent.service.metrics()).toContain('ipa_edge_plan_switches_total 6');
});
