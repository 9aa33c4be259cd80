import { afterAll, expect, test } from 'vitest';
import { until } from '../../until.ts';
import { engineIn } from './cluster.ts';
import type { Running } from './processes.ts';
import {
  endPods,
  endsOf,
  expectConserved,
  heavier,
  OPEN,
  send,
  startCluster,
  untilMetric,
} from './served.ts';

afterAll(endPods);

/** Starts two gateways that share one pod of detect and two of classify. */
async function startTwo() {
  const served = await startCluster(['detect', 'classify', 'classify']);
  const other = await served.startGateway('other');
  const both = [served.gateway, other] as const;
  for (const gateway of both) await untilMetric(gateway, 'ipa_edge_replicas{stage="classify"} 2');
  return { ...served, both };
}

test('one of two gateways is killed with requests in flight: only those are lost, and every request has one end', async () => {
  const { both } = await startTwo();
  const [survivor, killed] = both;
  let alive = true;
  const sent = 120;
  const outcomes = await send(
    // Requests go where a Service would send them: to both gateways in turn, and to the survivor once the other has ended.
    (i) => (alive ? both[i % 2]! : survivor),
    sent,
    (i) => {
      if (i !== 40) return;
      killed.process.kill('SIGKILL');
      alive = false;
    },
  );
  const { completed, shed, failed } = endsOf(outcomes);
  expect(completed + shed + failed).toBe(sent);
  expect(shed).toBe(0);
  expect(failed).toBeLessThanOrEqual(OPEN);
  await expectConserved(survivor);
});

test('a gateway that is killed with requests in flight, while the API server is gone, starts again and serves with the pods that it remembers', async () => {
  const { both, standIn, startGateway } = await startTwo();
  const [survivor, killed] = both;
  await standIn.down();
  let targets: readonly Running[] = both;
  let next: Running | undefined;
  let toNext = 0;
  const outcomes = await send(
    (i) => {
      const target = targets[i % targets.length]!;
      if (target === next) toNext++;
      return target;
    },
    () => toNext < 30,
    (i) => {
      if (i !== 40) return;
      killed.process.kill('SIGKILL');
      targets = [survivor];
      void startGateway('other').then((started) => {
        next = started;
        targets = [survivor, next];
      });
    },
  );
  const { shed, failed } = endsOf(outcomes);
  expect(shed).toBe(0);
  expect(failed).toBeLessThanOrEqual(OPEN);
  for (const gateway of [survivor, next!]) await expectConserved(gateway);
  expect(next!.lines.join('\n')).toContain('cannot be followed');
  await standIn.up();
  await until(() => expect(next!.lines.join('\n')).toContain('the API server is back'));
  expect(await send(next!, 5)).toEqual({ completed: 5 });
});

test('a gateway that is told to end answers the clients that keep their connections to it, and sends them elsewhere', async () => {
  const { both } = await startTwo();
  const [survivor, ending] = both;
  let toEnding = 0;
  const outcomes = await send(
    // As with a Service, kept connections stay with the ending gateway until it closes them, and new ones go to the other
    // gateway.
    (i) => (ending.process.killed && toEnding++ >= OPEN ? survivor : both[i % 2]!),
    80,
    (i) => {
      if (i === 40) ending.process.kill('SIGTERM');
    },
  );
  expect(outcomes).toEqual({ completed: 80 });
});

test('two gateways follow one plan: each changes to it, in pods that both use, and no request fails', async () => {
  const { both, cluster, pods } = await startTwo();
  let changing = true;
  const sending = send(
    (i) => both[i % 2]!,
    () => changing,
  );
  await engineIn(cluster).apply(heavier);
  for (const gateway of both) await untilMetric(gateway, 'stage="detect",variant="det8"');
  changing = false;
  expect(Object.keys(await sending)).toEqual(['completed']);
  expect(pods.map(({ running }) => running.process.exitCode)).toEqual([null, null, null]);
});
