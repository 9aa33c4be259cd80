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
import { folderOfTest } from '../../temporary-folder.ts';
import { until } from '../../until.ts';
import { type InferenceServerError, OipClient } from '../oip-client.ts';
import { pause } from '../pause.ts';
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
  readonly tokenFile: string | undefined;
  readonly running: Running;
}

/**
 * Pods that the tests of a file have started. Later tests use them again, because each start takes more than a second of a core.
 */
const started: Pod[] = [];
const ends: (() => Promise<void>)[] = [];
/**
 * Ends the pods that tests have started. Each file that starts a cluster calls it after its tests, because several files may
 * share this module.
 */
export const endPods = () => Promise.all(ends.splice(0).map((end) => end()));
const port = await freePort();
let addresses = 1;

/**
 * Finds or starts a pod of the plan for each entry of `stages`. A pod that already runs with the same rows of a plan is used
 * again.
 */
function podsFor(stages: readonly Stages[], served: Plan, tokenFile?: string): Promise<Pod[]> {
  const taken: (Pod | Promise<Pod>)[] = [];
  for (const stage of stages) {
    const free = started.find(
      (pod) =>
        rowsOf(pod.served, stage) === rowsOf(served, stage) &&
        pod.tokenFile === tokenFile &&
        `${pod.stage}` === `${stage}` &&
        !taken.includes(pod) &&
        runs(pod.running.process),
    );
    taken.push(free ?? newPod({ served, stage, address: `127.0.0.${++addresses}`, tokenFile }));
  }
  return Promise.all(taken);
}

/** The rows of a plan that a pod with these stages uses, as text. */
const rowsOf = ({ stages }: Plan, held: Stages): string =>
  JSON.stringify(stages.filter(({ name }) => [held].flat().includes(name)));

const runs = ({ killed, exitCode }: ChildProcess): boolean => !killed && exitCode === null;

async function newPod(of: Omit<Pod, 'running'>): Promise<Pod> {
  const { served, stage, address, tokenFile } = of;
  const running = await startPod(served, stage, { address, port, tokenFile, atEnd: (end) => ends.push(end) });
  const pod = { ...of, running };
  started.push(pod);
  return pod;
}

/**
 * Starts a cluster of processes: a stand-in for the API server, stages on loopback addresses, and a gateway in front of them.
 * @param tokenFile file from which the pods read their token
 */
export async function startCluster(stages: readonly Stages[], served = plan, tokenFile?: string) {
  const { standIn, kubeconfig, cluster } = await standInCluster();
  // The pods require this token, so the cluster must have it before the plan is applied.
  await cluster.create(secretOf(TOKEN));
  await engineIn(cluster).apply(served);
  const pods = await podsFor(stages, served, tokenFile);
  const { store } = standIn;
  const keyOf = ({ address }: Pod) => `api/v1/namespaces/${settings.namespace}/pods/${address}`;
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
  for (const pod of pods) tell.starts(pod);
  /** Asks the API server to evict a pod, as `kubectl drain` does. @returns the status of the answer */
  const evict = async ({ address }: Pod): Promise<number> => {
    const url = `${standIn.url}/api/v1/namespaces/${settings.namespace}/pods/${address}/eviction`;
    const { authorization } = standIn;
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: '{}' });
    return answer.status;
  };
  const folder = folderOfTest();
  await writeFile(join(folder, 'plan.json'), JSON.stringify(served));
  // The gateway gets its token from the cluster, and everything else from its arguments.
  const startGateway = (name = 'gateway') =>
    startAgent([
      ...['gateway', '--plan', join(folder, 'plan.json'), '--namespace', settings.namespace],
      ...['--kubeconfig', kubeconfig, '--port', '0', '--remember', join(folder, `${name}.json`)],
    ]);
  const gateway = await startGateway();
  return { standIn, cluster, pods, tell, evict, gateway, startGateway };
}

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

/** The value of a metric. */
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
