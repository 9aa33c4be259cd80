import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../agent/http/app.ts';
import { serve } from '../../agent/http/serve.ts';
import { initialPlan } from '../../agent/service/initial-plan.ts';
import { Service } from '../../agent/service/service.ts';
import { localTarget } from '../../agent/service/target.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { planMismatches } from '../../solver/plan/mismatches.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { planOnce } from '../../workers/planner/once.ts';
import { identify } from '../../workers/store/exchange.ts';
import { until } from '../until.ts';
import { fashionProfile } from '../web/fixtures.ts';
import { FASHION } from '../workers/fashion.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { type AgentProcess, ipaAgentServe } from './command.ts';
import { heardOn } from './heard.ts';
import { ipaAgentHere } from './here.ts';
import { fashionProfile as cpuProfile } from './kubernetes/fashion-profile.ts';
import { writeLightest } from './lightest.ts';
import { OipClient } from './oip-client.ts';
import {
  load,
  metric,
  models,
  planOf,
  replicas,
  requestOf,
  serving as startServing,
  whole,
} from './serving.ts';

const made: string[] = [];
let folder: string;
let agent: AgentProcess | undefined;

function newFolder(): void {
  folder = mkdtempSync(join(tmpdir(), 'ipa-edge-'));
  made.push(folder);
}
beforeEach(newFolder);

afterEach(async () => {
  agent?.child.kill('SIGKILL');
  await agent?.ended;
  agent = undefined;
});

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

const here = await localTarget(models, nodeEnvironment());
const { device } = here;
const hand = planOf({ workers: [['detect', 'classify']], batch: 2 });
/** The plan with the device of this machine, because the agent refuses plans for other devices. */
const ownPlan: Plan = { ...hand, profile: { ...hand.profile, device } };

const write = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};

test('SIGTERM under load: what was accepted is answered, what comes after is told to come again, and it exits 0', async () => {
  agent = ipaAgentServe(['--plan', write('plan.json', ownPlan)]);
  const client = new OipClient(await agent.listening);
  expect(await load(client, 40)).toEqual(whole(40));
  const tally = await load(client, 200, (sent) => {
    if (sent === 20) agent!.child.kill('SIGTERM');
  });
  client.close();
  expect(await agent.ended).toBe(0);
  expect(tally.failed).toBe(0);
  expect(tally.shed + tally.refused).toBeGreaterThan(0);
  expect(agent.told.at(-1)).toMatchObject({ event: 'ended' });
});

/**
 * Starts an agent as the leader of a process group, as a terminal does, and ends it in the midst of requests.
 * @param end sends the group a signal
 */
async function endWhileRunning(end: (started: AgentProcess) => void): Promise<void> {
  agent = ipaAgentServe(['--plan', write('plan.json', ownPlan)], {}, { detached: true });
  const url = await agent.listening;
  const client = new OipClient(url);
  const workers = replicas(agent.child.pid);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  const answers = Array.from({ length: 8 }, (_, i) => client.infer('fashion', requestOf(0, 4 * i, 4)));
  const settled = Promise.allSettled(answers);
  await until(async () => expect(await metric(url, 'ipa_edge_open_requests')).toBe(8 * 4));
  end(agent);
  await until(async () => {
    const { status, headers } = await fetch(`${url}/v2/health/ready`);
    // The server closes the connection, because a client that kept it would send its next request to a server that is ending.
    expect([status, headers.get('connection')]).toEqual([503, 'close']);
  });
  for (const pid of workers) process.kill(pid, 'SIGCONT');
  expect((await settled).map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
  client.close();
  expect(await agent.ended).toBe(0);
}

test('requests that are being run when the terminal of the agent and its workers is closed are all answered, and no worker ends', async () => {
  await endWhileRunning(({ child }) => process.kill(-child.pid!, 'SIGHUP'));
  expect(JSON.stringify(agent!.told)).not.toContain('killed by SIG');
});

test('requests that are being run when Ctrl-C reaches the agent, its workers and the tee that reads its log are all answered', async () => {
  await endWhileRunning(({ child }) => {
    child.stdout!.destroy();
    process.kill(-child.pid!, 'SIGINT');
  });
});

test('a worker goes on when the signals reach it that a terminal and systemd send to all processes of a command', async () => {
  const serving = await startServing({ workers: [['detect', 'classify']] });
  onTestFinished(() => serving.close());
  const workers = replicas();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) for (const pid of workers) process.kill(pid, signal);
  expect((await serving.client.infer('fashion', requestOf(0))).outputs).toHaveLength(5);
  expect(replicas()).toEqual(workers);
});

test('a second SIGTERM ends the agent at once, with a worker that is stopped', async () => {
  agent = ipaAgentServe(['--plan', write('plan.json', ownPlan)]);
  const client = new OipClient(await agent.listening);
  const workers = replicas(agent.child.pid);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  const answer = client.infer('fashion', requestOf(0)).catch(() => {});
  await until(async () => expect(await metric(await agent!.listening, 'ipa_edge_open_requests')).toBe(1));
  agent.child.kill('SIGTERM');
  const ending = { event: 'ending', what: 'letting what was accepted end' };
  await until(() => expect(agent!.told).toContainEqual(expect.objectContaining(ending)));
  await until(() => {
    agent!.child.kill('SIGTERM');
    expect(agent!.child.exitCode).toBe(130);
  });
  await answer;
  client.close();
  await until(() => {
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

test('SIGTERM while a model is downloaded ends the agent with exit 130', async () => {
  const host = createServer((_request, response) => response.write('the first bytes of a model'));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const asked = new Promise((resolve) => host.once('request', resolve));
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  const text = readFileSync(FASHION, 'utf8').replace(/"file": "([^"]+\.onnx)"/g, `"file": "${url}/$1"`);
  const manifest = write('manifest.json', JSON.parse(text));
  const env = { XDG_CACHE_HOME: folder };
  agent = ipaAgentServe(['--plan', write('plan.json', ownPlan), '--manifest', manifest], env);
  await asked;
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(130);
  expect(agent.told.map(({ event }) => event)).toEqual(['plan', 'ending']);
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
});

test('whoever opens a connection or begins a request and never goes on is told of the end, and does not delay it', async () => {
  const service = await Service.start({
    pipeline: models.pipeline,
    plan: ownPlan,
    startWorker: startAtOnce(models, nodeEnvironment()),
    onEvent: () => {},
  });
  const stop = new AbortController();
  let ended: Promise<void>;
  const url = await new Promise<string>((resolve) => {
    const address = { host: '127.0.0.1', port: 0 };
    const app = createApp(service, { checkPlan: () => {} });
    ended = serve(app, service, { ...address, signal: stop.signal, closeMs: 100, onListening: resolve });
  });
  const cutOff: Promise<string>[] = [];
  for (const begun of [
    '',
    'POST /v2/models/fashion/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{',
  ]) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    const heard = heardOn(socket);
    cutOff.push(new Promise((resolve) => socket.once('close', () => resolve(heard()))));
    await new Promise((resolve) => socket.once('connect', resolve));
    await new Promise((resolve) => socket.write(begun, resolve));
  }
  await (await fetch(`${url}/v2`)).text();
  stop.abort();
  await ended!;
  const [nothing, refusal] = await Promise.all(cutOff);
  expect(nothing).toBe('');
  expect(refusal).toMatch(/^HTTP\/1.1 503 .*connection: close\r\n.*The agent is shutting down\./is);
  service.close();
});

test('a plan of another device is refused with exit 2 and why, and what to do', async () => {
  const { code, stderr } = await ipaAgentHere(['serve', '--plan', write('plan.json', hand), '--port', '0']);
  expect(code).toBe(2);
  expect(stderr).toContain('it is of a device whose agent is none; here it is Node');
  expect(stderr).toContain('--replan');
});

test.each([[['--host', '']], [['--host', '127.0.0.1', '--host', '']]])(
  'an empty value of --host (%j), as of a variable that is not set, is refused',
  async (hosts) => {
    const given = ['--plan', write('plan.json', ownPlan), ...hosts];
    const { code, stderr } = await ipaAgentHere(['serve', ...given, '--port', '0', '--json'], '"listening"');
    expect(code).toBe(2);
    expect(stderr).toContain("'--host <address>' argument '' is invalid. Expected an address or a name");
  },
);

test('a plan for a GPU is refused where there is none', async () => {
  expect(planMismatches(ownPlan, here)).toEqual([]);
  const forGpu = {
    ...ownPlan,
    stages: ownPlan.stages.map((stage) => ({ ...stage, backend: 'webgpu' as const })),
  };
  const withoutGpu = { ...here, device: { ...device, adapter: { ...device.adapter!, software: true } } };
  const plan = { ...forGpu, profile: { ...forGpu.profile, device: withoutGpu.device } };
  expect(planMismatches(plan, withoutGpu)).toEqual([
    'stage detect runs on webgpu, and there is no GPU',
    'stage classify runs on webgpu, and there is no GPU',
  ]);
});

test('a plan as the page makes it is planned again with --replan alone, on a profile that is made once and kept', async () => {
  // A busy machine, too, keeps an SLA as long and a rate as low as these.
  const request = { slaMs: 30_000, ratePerS: 0.3, percentile: 95 };
  const elsewhere = await planOnce(fashionProfile(), request);
  const manifest = await writeLightest(join(folder, 'models'));
  const given = ['--plan', write('plan.json', elsewhere), '--manifest', manifest];
  const args = [...given, '--replan', '--budget', '1s'];
  agent = ipaAgentServe(args);
  const client = new OipClient(await agent.listening);
  expect((await client.infer('fashion', requestOf(0))).outputs).toHaveLength(5);
  client.close();
  const [{ plan: first, replaces }] = agent.told as unknown as [{ plan: Plan; replaces: Plan }];
  expect(replaces).toEqual(elsewhere);
  expect(first).toMatchObject({ ...request, objective: elsewhere.objective });
  expect({ ...first.profile.device, timerGrainMs: 0 }).toEqual({ ...device, timerGrainMs: 0 });
  // The agent has shown the progress of its profiling. The second time, below, it profiles nothing and shows nothing.
  expect(agent.stderr()).not.toBe('');
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);

  const again = await ipaAgentHere(['serve', ...args, '--adapt', '--port', '0', '--json'], '"listening"');
  expect(again.code).toBe(0);
  const { plan: second } = JSON.parse(again.stdout.split('\n')[0]!) as { plan: Plan };
  expect(second.profile.sha256).toBe(first.profile.sha256);
  expect(again.stderr).toBe('');
});

test('--adapt needs the profile that the plan was made from', async () => {
  const given = ['--plan', write('plan.json', ownPlan), '--adapt'];
  const { code, stderr } = await ipaAgentHere(['serve', ...given, '--port', '0']);
  expect(code).toBe(2);
  expect(stderr).toContain('Give it with --profile');
});

/**
 * Returns the ids of the profile that `serve --adapt` finds, and of the profile that the plan was made from.
 * @param kept profile in the store beside the plan; null: that store cannot be opened
 * @param beside profile in the file profile.json beside the plan
 */
async function adapted(kept: Profile | null, beside: Profile) {
  const own = await identify({ ...cpuProfile(), device });
  const path = join(folder, 'plan.json');
  if (kept) {
    const store = await journalBeside(path);
    await store.saveProfile(await identify(kept));
    store.close();
  } else writeFileSync(join(folder, '.ipa-edge'), 'no folder');
  write('profile.json', beside);
  const plan = { ...ownPlan, profile: { ...ownPlan.profile, sha256: own.sha256 } };
  const options = { plan: path, adapt: true, budget: 1 };
  const { profile } = await initialPlan(plan, models, here, options, new AbortController().signal);
  return { found: profile!.sha256, own: own.sha256 };
}

test.each([
  ['of another pipeline', { pipeline: 'mail' }],
  ['a newer one', { createdAt: '2030-01-01T00:00:00.000Z' }],
])('--adapt finds the kept profile of its plan, although profile.json beside it is %s', async (_, other) => {
  const profile = { ...cpuProfile(), device };
  const { found, own } = await adapted(profile, { ...profile, ...other });
  expect(found).toBe(own);
});

test('--adapt reads profile.json beside the plan if the store of profiles cannot be opened', async () => {
  const { found, own } = await adapted(null, { ...cpuProfile(), device });
  expect(found).toBe(own);
});

test('a model outside the folder of its manifest is not read: exit 2', async () => {
  cpSync(dirname(FASHION), join(folder, 'models'), { recursive: true });
  const path = join(folder, 'models', 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  manifest.stages[0].variants[0].file = '../outside.onnx';
  writeFileSync(join(folder, 'outside.onnx'), 'no model');
  writeFileSync(path, JSON.stringify(manifest));
  const given = ['--plan', write('plan.json', ownPlan), '--manifest', path];
  const { code, stderr } = await ipaAgentHere(['serve', ...given, '--port', '0']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/is not in .*the folder of the manifest/);
});

describe('an agent with a token and names', () => {
  const TOKEN = 'a-secret-of-the-test';
  let serving: AgentProcess;
  let url: string;

  beforeAll(async () => {
    newFolder();
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    const names = ['--host', '127.0.0.1', '--host', 'Box.example'];
    const args = ['--plan', write('plan.json', ownPlan), '--token-file', join(folder, 'token'), ...names];
    const env = { IPA_AGENT_TOKEN: 'a-secret-of-nobody', HF_TOKEN: 'another', IPA_EDGE_SEEN: 'yes' };
    serving = ipaAgentServe(args, env);
    url = await serving.listening;
  });

  afterAll(async () => {
    serving.child.kill('SIGKILL');
    await serving.ended;
  });

  test('has started, when it listens, the process that parses large JSON, for which the first request would wait', () => {
    expect(replicas(serving.child.pid, 'decoder/worker.node')).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')('keeps the token from its workers', () => {
    for (const pid of replicas(serving.child.pid)) {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      expect(environment).toContain('IPA_EDGE_SEEN=yes');
      expect(environment).not.toContain('TOKEN');
    }
  });

  test('answers under its address and the names given with --host, and no page of another name reads from it', async () => {
    const { port } = new URL(url);
    const status = (host: string) =>
      new Promise<number>((resolve) =>
        get({ port, path: '/plan', headers: { host } }, (response) => resolve(response.resume().statusCode!)),
      );
    for (const host of ['127.0.0.1', `127.0.0.1:${port}`, `localhost:${port}`, 'box.example', '[::1]:80'])
      expect([host, await status(host)]).toEqual([host, 200]);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ])
      expect([host, await status(host)]).toEqual([host, 421]);
  });

  test('takes the token from a file, and tells it nowhere', async () => {
    const put = (plan: Plan) =>
      fetch(`${url}/plan`, {
        method: 'PUT',
        body: JSON.stringify(plan),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      });
    expect((await put({ ...ownPlan, slaMs: 1234 })).status).toBe(200);
    expect((await put(hand)).status).toBe(409);
    expect(((await (await fetch(`${url}/plan`)).json()) as Plan).slaMs).toBe(1234);
    expect(JSON.stringify(serving.told) + serving.stderr()).not.toContain('a-secret');
  });

  test('has a port that another one cannot take, which ends with 2 and says so before it loads models', async () => {
    const { port } = new URL(url);
    const profile = { ...cpuProfile(), device };
    const plan = await planOnce(profile, { slaMs: 1000, ratePerS: 1 });
    const adapted = ['--plan', write('adapted.json', plan), '--adapt', '--profile', write('p.json', profile)];
    const { code, stdout, stderr } = await ipaAgentHere(['serve', ...adapted, '--port', port, '--json']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`The agent cannot listen on port ${port} of 127.0.0.1: the port is in use`);
  });
});
