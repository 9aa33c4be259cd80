import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { tokenOf } from '../../../agent/kubernetes/token.ts';
import { itemsOf, takeInTurn } from '../../../models/items/item-batch.ts';
import { until } from '../../until.ts';
import { type InferenceServerError, OipClient } from '../oip-client.ts';
import { batchRequest } from '../tensors.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashion, settings } from './objects/plans.ts';
import { planHere, type Running, startAgent, startPod, temporaryFolder } from './processes.ts';
import { type Endpoint, setEndpoints } from './stand-in/endpoints.ts';

const scenes = itemsOf((await fashion.readPack()).items);
export const plan = await planHere();

/** A port that is free on every address. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A cluster of processes: a stand-in for its API server, stages on addresses of loopback, a gateway in front. */
export async function startCluster(stages: readonly (string | readonly string[])[], served = plan) {
  const { standIn, kubeconfig, cluster } = await standInCluster();
  await engineIn(cluster).apply(served);
  const token = (await tokenOf(cluster, 'fashion', settings.namespace))!;
  const port = await freePort();
  const pods = await Promise.all(
    stages.map(async (stage, i) => {
      const address = `127.0.0.${i + 2}`;
      return { stage, address, running: await startPod(served, stage, { address, port, token }) };
    }),
  );
  /** Says which pods there are, as the controller of EndpointSlices does. */
  const tell = (state: (pod: (typeof pods)[number]) => Partial<Endpoint> | null = () => ({})) => {
    for (const { name: stage } of served.stages) {
      const endpoints = pods.flatMap((pod) => {
        const told = [pod.stage].flat().includes(stage) ? state(pod) : null;
        return told ? [{ address: pod.address, pod: pod.address, ready: true, ...told }] : [];
      });
      setEndpoints(standIn, settings.namespace, 'fashion', stage, port, endpoints);
    }
  };
  tell();
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'plan.json'), JSON.stringify(served));
  // The gateway gets the token from the cluster, and all else from its arguments.
  const startGateway = (name = 'gateway') =>
    startAgent([
      ...['gateway', '--plan', join(folder, 'plan.json'), '--namespace', settings.namespace],
      ...['--kubeconfig', kubeconfig, '--port', '0', '--remember', join(folder, `${name}.json`)],
    ]);
  const gateway = await startGateway();
  return { standIn, cluster, pods, tell, gateway, startGateway, token };
}

/** Requests that are open at a time. */
export const OPEN = 8;

/** Sends scenes, at most 8 at a time; how they ended. @param to the gateway of each request @param count or how long to go on */
export async function send(
  to: Running | ((sent: number) => Running),
  count: number | (() => boolean),
  meanwhile: (sent: number) => void = () => {},
) {
  const more = typeof count === 'number' ? (sent: number) => sent < count : count;
  const clients = new Map<Running, OipClient>();
  const clientOf = (gateway: Running): OipClient => {
    const client = clients.get(gateway) ?? new OipClient(gateway.url);
    clients.set(gateway, client);
    return client;
  };
  const outcomes: Record<string, number> = {};
  const answers: Promise<void>[] = [];
  for (let i = 0; more(i); i++) {
    const scene = batchRequest(fashion.pipeline.first, takeInTurn(scenes, i, 1));
    const client = clientOf(typeof to === 'function' ? to(i) : to);
    const answer = client.infer('fashion', scene).then(
      () => 'completed',
      (error: InferenceServerError) => (error.status === 503 ? 'shed' : `failed: ${error.message}`),
    );
    answers.push(
      answer.then((outcome) => {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }),
    );
    meanwhile(i);
    await answers[i - OPEN + 1];
  }
  await Promise.all(answers);
  for (const client of clients.values()) client.close();
  return outcomes;
}

export const metrics = async ({ url }: Running): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** Until a metric has a value. */
export const untilMetric = (gateway: Running, line: string) =>
  until(async () => expect(await metrics(gateway)).toContain(line));
