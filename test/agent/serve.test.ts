import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initialPlan } from '../../agent/service/initial-plan.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import type { Profile } from '../../solver/documents/profile.ts';
import { planMismatches } from '../../solver/plan/mismatches.ts';
import { journalBeside } from '../../workers/command/profile.ts';
import { planOnce } from '../../workers/planner/once.ts';
import { identify } from '../../workers/store/exchange.ts';
import { folderOfFile, folderOfTest } from '../temporary-folder.ts';
import { fashionProfile } from '../web/fixtures.ts';
import { FASHION } from '../workers/fashion.ts';
import { type AgentProcess, ipaAgentServe } from './command.ts';
import { ipaAgentHere } from './here.ts';
import { fashionProfile as cpuProfile } from './kubernetes/fashion-profile.ts';
import { writeLightest } from './lightest.ts';
import { OipClient } from './oip-client.ts';
import { hand, here, ownPlan, serveInTest, write } from './own-agent.ts';
import { models, replicas, requestOf } from './serving.ts';

const { device } = here;

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
    expect(stderr).toContain('The value of --host is empty. Give another one.');
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
  const manifest = await writeLightest(folderOfTest());
  const given = ['--plan', write('plan.json', elsewhere), '--manifest', manifest];
  const args = [...given, '--replan', '--budget', '1s'];
  const agent = serveInTest(args);
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
  const folder = folderOfTest();
  const path = join(folder, 'plan.json');
  if (kept) {
    const store = await journalBeside(path);
    await store.saveProfile(await identify(kept));
    store.close();
  } else writeFileSync(join(folder, '.ipa-edge'), 'no folder');
  write('profile.json', beside, folder);
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
  const folder = folderOfTest();
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

  const folder = folderOfFile();

  beforeAll(async () => {
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    const names = ['--host', '127.0.0.1', '--host', 'Box.example'];
    const given = ['--plan', write('plan.json', ownPlan, folder), '--token-file', join(folder, 'token')];
    const env = { IPA_AGENT_TOKEN: 'a-secret-of-nobody', HF_TOKEN: 'another', IPA_EDGE_SEEN: 'yes' };
    serving = ipaAgentServe([...given, ...names], env);
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
