import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../agent/http/app.ts';
import { serve } from '../../agent/http/serve.ts';
import { Service } from '../../agent/service/service.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { until } from '../until.ts';
import { FASHION } from '../workers/fashion.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import type { AgentProcess } from './command.ts';
import { heardOn } from './heard.ts';
import { OipClient } from './oip-client.ts';
import { ownPlan, serveInTest, write } from './own-agent.ts';
import { load, metric, models, replicas, requestOf, serving as startServing, whole } from './serving.ts';

test('SIGTERM under load: what was accepted is answered, what comes after is told to come again, and it exits 0', async () => {
  const agent = serveInTest(['--plan', write('plan.json', ownPlan)]);
  const client = new OipClient(await agent.listening);
  expect(await load(client, 40)).toEqual(whole(40));
  const tally = await load(client, 200, (sent) => {
    if (sent === 20) agent.child.kill('SIGTERM');
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
 * @returns the agent, which has ended
 */
async function endWhileRunning(end: (started: AgentProcess) => void): Promise<AgentProcess> {
  const agent = serveInTest(['--plan', write('plan.json', ownPlan)], {}, { detached: true });
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
  return agent;
}

test('requests that are being run when the terminal of the agent and its workers is closed are all answered, and no worker ends', async () => {
  const { told } = await endWhileRunning(({ child }) => process.kill(-child.pid!, 'SIGHUP'));
  expect(JSON.stringify(told)).not.toContain('killed by SIG');
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
  const agent = serveInTest(['--plan', write('plan.json', ownPlan)]);
  const client = new OipClient(await agent.listening);
  const workers = replicas(agent.child.pid);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  const answer = client.infer('fashion', requestOf(0)).catch(() => {});
  await until(async () => expect(await metric(await agent.listening, 'ipa_edge_open_requests')).toBe(1));
  agent.child.kill('SIGTERM');
  const ending = { event: 'ending', what: 'letting what was accepted end' };
  await until(() => expect(agent.told).toContainEqual(expect.objectContaining(ending)));
  await until(() => {
    agent.child.kill('SIGTERM');
    expect(agent.child.exitCode).toBe(130);
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
  const env = { XDG_CACHE_HOME: folderOfTest() };
  const agent = serveInTest(['--plan', write('plan.json', ownPlan), '--manifest', manifest], env);
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
