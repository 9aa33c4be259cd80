import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { objectNames, podLabels } from '../../../agent/kubernetes/objects/labels.ts';
import { TOKEN_KEY } from '../../../agent/kubernetes/objects/pods.ts';
import { itemsOf, takeInTurn } from '../../../models/items/item-batch.ts';
import { sha256Of } from '../../../solver/documents/manifest.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { until } from '../../until.ts';
import { type InferenceServerError, OipClient } from '../oip-client.ts';
import { pause } from '../pause.ts';
import type { Place } from '../shared.ts';
import { batchRequest } from '../tensors.ts';
import { engineIn, standInCluster } from './cluster.ts';
import { fashion, settings } from './objects/plans.ts';
import { planHere, type Running, startAgent, startPod, TOKEN } from './processes.ts';
import { addPod } from './stand-in/nodes.ts';
import { endPod, setReady, terminate } from './stand-in/pods.ts';

const scenes = itemsOf((await fashion.readPack()).items);
export const plan = await planHere();
/** The plan with heavier variants, in batches of 2. */
export const heavier: Plan = {
  ...plan,
  stages: plan.stages.map((stage, s) => {
    const variant = fashion.manifest.stages[s]!.variants[1]!;
    return { ...stage, variant: variant.name, sha256: sha256Of(variant), batch: 2 };
  }),
};

/** A port that is free on every address. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

type Stages = string | readonly string[];

/** Makes the Secret in which a cluster keeps the token. */
export const secretOf = (token: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: objectNames('fashion').token, namespace: settings.namespace },
  data: { [TOKEN_KEY]: Buffer.from(token).toString('base64') },
});

interface Pod {
  readonly served: Plan;
  readonly stage: Stages;
  readonly address: string;
  readonly running: Running;
}

const port = await freePort();
let addresses = 1;

/** The rows of a plan that a pod with these stages uses, as text. */
const rowsOf = ({ stages }: Plan, held: Stages): string =>
  JSON.stringify(stages.filter(({ name }) => [held].flat().includes(name)));

const runs = ({ killed, exitCode }: ChildProcess): boolean => !killed && exitCode === null;

const urlOfPod = (address: string) => `api/v1/namespaces/${settings.namespace}/pods/${address}`;

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/**
 * Starts a cluster of processes: a stand-in for the API server, pods on loopback addresses, and a gateway in front of them. The
 * pods read their token from `tokenFile`.
 */
export async function startCluster(place: Place) {
  const { folder, atEnd } = place;
  const { standIn, kubeconfig, cluster } = await standInCluster(place);
  const { store } = standIn;
  const tokenFile = join(folder, 'token');
  const planFile = join(folder, 'plan.json');
  await writeFile(planFile, JSON.stringify(plan));
  /** The pods that have started. Their processes run on while no pod stands for them in the API server. */
  const started: Pod[] = [];

  /** Finds or starts a pod of the plan for each entry of `stages`. A pod with the same rows is used again. */
  function podsFor(stages: readonly Stages[], served: Plan): Promise<Pod[]> {
    const taken: (Pod | Promise<Pod>)[] = [];
    for (const stage of stages) {
      const free = started.find(
        (pod) =>
          rowsOf(pod.served, stage) === rowsOf(served, stage) &&
          `${pod.stage}` === `${stage}` &&
          !taken.includes(pod) &&
          runs(pod.running.process),
      );
      taken.push(free ?? newPod({ served, stage, address: `127.0.0.${++addresses}` }));
    }
    return Promise.all(taken);
  }

  async function newPod(of: Omit<Pod, 'running'>): Promise<Pod> {
    const { served, stage, address } = of;
    const running = await startPod(served, stage, { address, port, tokenFile, atEnd });
    const pod = { ...of, running };
    started.push(pod);
    return pod;
  }

  const keyOf = ({ address }: Pod) => urlOfPod(address);
  /** Functions that change what the API server says of a pod. */
  const tell = {
    starts: (pod: Pod, ready = true) =>
      addPod(standIn, {
        ...{ name: pod.address, namespace: settings.namespace, ready },
        labels: podLabels('fashion', [pod.stage].flat()),
        serves: { address: pod.address, port },
      }),
    ready: (pod: Pod, ready: boolean) => setReady(store, keyOf(pod), ready ? 'True' : 'False'),
    terminates: (pod: Pod) => terminate(store, keyOf(pod)),
    ends: (pod: Pod) => endPod(store, keyOf(pod), pod.running.process),
    gone: (pod: Pod) => store.remove(keyOf(pod)),
  };

  /** Asks the API server to evict a pod, as `kubectl drain` does. @returns the status of the answer */
  const evict = async ({ address }: Pod): Promise<number> => {
    const { authorization } = standIn;
    const asked = { method: 'POST', headers: { authorization }, body: '{}' };
    return (await fetch(`${standIn.url}/${urlOfPod(address)}/eviction`, asked)).status;
  };

  /** Starts a gateway, which gets its token from the cluster, and everything else from its arguments. */
  const startGateway = (name: string) =>
    startAgent(
      [
        ...['gateway', '--plan', planFile, '--namespace', settings.namespace],
        ...['--kubeconfig', kubeconfig, '--port', '0', '--remember', join(folder, `${name}.json`)],
      ],
      {},
      place,
    );

  let other: Running | undefined;
  /** The cluster's second gateway, which starts when it does not run. */
  const otherGateway = async (): Promise<Running> => {
    if (!other || !runs(other.process)) other = await startGateway('other');
    return other;
  };

  let first: Promise<Running> | undefined;
  /**
   * Lets the cluster serve a plan with these pods alone, one for each entry of `stages`, and waits until its gateway, which the
   * first call starts, serves it.
   */
  async function serve(stages: readonly Stages[], served = plan) {
    await writeFile(tokenFile, TOKEN);
    // The pods require this token, so the cluster must have it before the plan is applied.
    await cluster.apply(secretOf(TOKEN), { force: true });
    await engineIn(cluster).apply(served);
    const pods = await podsFor(stages, served);
    const has = (pod: Pod) => store.get(keyOf(pod)) !== undefined;
    for (const pod of pods) if (!has(pod)) tell.starts(pod);
    for (const pod of started) if (has(pod) && !pods.includes(pod)) tell.gone(pod);
    first ??= startGateway('gateway');
    const gateway = await first;
    await untilServed(gateway, served, stages);
    const before = gateway.lines.length;
    /** What the gateway has written since. */
    const written = () => gateway.lines.slice(before).join('\n');
    return { pods, gateway, written };
  }

  return { standIn, cluster, tokenFile, tell, evict, serve, otherGateway, started };
}

/** Waits until a gateway serves a plan with a pod for each entry of `stages`. */
export const untilServed = (gateway: Running, { stages: rows }: Plan, stages: readonly Stages[]) =>
  until(async () => {
    const now = (await (await fetch(`${gateway.url}/plan`)).json()) as Plan;
    const pods = stages.map((held) => [held].flat());
    expect(now.stages.map(({ name, variant, replicas }) => [name, variant, replicas])).toEqual(
      rows.map(({ name, variant }) => [name, variant, pods.filter((held) => held.includes(name)).length]),
    );
  });

/** Number of requests that are open at a time. */
export const OPEN = 8;

/**
 * Sends scenes, at most 8 at a time, and counts the requests by their outcome.
 * @param to the gateway, or a function that chooses one for each request
 * @param count number of requests, or whether to send another one
 */
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
    if (count === more) await pause();
  }
  await Promise.all(answers);
  for (const client of clients.values()) client.close();
  return outcomes;
}

export const metrics = async ({ url }: Running): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** The value of a metric of a gateway. */
export const metricOf = async (gateway: Running, name: string): Promise<number> =>
  metricIn(await metrics(gateway), name);

const metricIn = (text: string, name: string): number =>
  Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)![1]);

/** Checks that every request that arrived at a gateway has exactly one outcome, and that none failed. */
export async function expectConserved(gateway: Running): Promise<void> {
  const text = await metrics(gateway);
  const ended = (outcome: string) =>
    metricIn(text, `ipa_edge_requests_total{model="fashion",outcome="${outcome}"}`);
  const all = ['completed', 'shed', 'failed', 'rejected'].map(ended).reduce((sum, count) => sum + count, 0);
  expect(all).toBe(metricIn(text, 'ipa_edge_arrivals_total{model="fashion"}'));
  expect(ended('failed')).toBe(0);
}

/** Sums up outcomes: all that are neither completed nor shed count as failed. */
export function endsOf({ completed = 0, shed = 0, ...lost }: Record<string, number>) {
  return { completed, shed, failed: Object.values(lost).reduce((sum, count) => sum + count, 0) };
}

export const untilMetric = (gateway: Running, line: string) =>
  until(async () => expect(await metrics(gateway)).toContain(line));
