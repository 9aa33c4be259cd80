import { afterEach, expect, test, vi } from 'vitest';
import { load, planOf, replicas, type Serving, serving } from './serving.ts';

let agent: Serving;

afterEach(() => agent.close());

const whole = (sent: number) => ({ sent, completed: sent, shed: 0, failed: 0, refused: 0 });

test.each([
  ['a replica', 1],
  ['two replicas at once', 2],
])(
  'kill -9 of %s under load: every request is answered, and replicas take their place',
  async (_, killed) => {
    agent = await serving({ workers: [['detect'], ['classify'], ['classify']], batch: 2 });
    const victims = replicas().slice(-killed);
    const tally = await load(agent.client, 200, 5, (sent) => {
      if (sent === 60) for (const pid of victims) process.kill(pid, 'SIGKILL');
    });
    expect(tally).toEqual(whole(200));
    await vi.waitFor(() => expect(agent.service.ready).toBe(true), 20_000);
    await vi.waitFor(() => expect(replicas()).toHaveLength(3), 20_000);
    expect(replicas()).toEqual(expect.not.arrayContaining(victims));
    const metrics = await agent.service.metrics();
    expect(metrics).toContain(`ipa_edge_workers_lost_total ${killed}`);
  },
);

test('without a replica of a stage the agent is not ready, and is again when there is one', async () => {
  agent = await serving({ workers: [['detect', 'classify']] });
  process.kill(replicas()[0]!, 'SIGKILL');
  await vi.waitFor(async () => expect(await agent.client.ready('fashion')).toBe(false));
  await vi.waitFor(async () => expect(await agent.client.ready('fashion')).toBe(true), 20_000);
});

test('a session that hangs is ended by the watchdog, and what it held is answered by another one', async () => {
  agent = await serving({ workers: [['detect'], ['classify']], batch: 2 });
  const tally = await load(agent.client, 60, 10, (sent) => {
    if (sent === 20) process.kill(replicas()[1]!, 'SIGSTOP');
  });
  expect(tally).toEqual(whole(60));
  expect(agent.events.join('\n')).toMatch(/was lost .*killed by SIGKILL/);
}, 120_000);

test('a plan that is replaced twenty times under load fails no request', async () => {
  agent = await serving({ workers: [['detect'], ['classify']], batch: 2 });
  const plans = [
    planOf({ workers: [['detect'], ['classify']], variants: ['det8', 'cnn8'], batch: 4 }),
    planOf({ workers: [['detect', 'classify']], batch: 1 }),
    planOf({ workers: [['detect'], ['classify'], ['classify']], batch: 2 }),
  ];
  const replaced: Promise<void>[] = [];
  let more = true;
  const loads = (async () => {
    let sent = 0;
    while (more) {
      expect(await load(agent.client, 20, 10)).toEqual(whole(20));
      sent += 20;
    }
    return sent;
  })();
  for (let i = 0; i < 20; i++) replaced.push(agent.service.replace(plans[i % 3]!));
  await Promise.all(replaced);
  more = false;
  expect(await loads).toBeGreaterThan(100);
  expect(agent.service.plan).toEqual(plans[19 % 3]);
  expect(await agent.service.metrics()).toContain('ipa_edge_plan_switches_total 20');
}, 240_000);
