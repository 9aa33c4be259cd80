import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PlanRefusedError } from '../../agent/service/errors.ts';
import { ChecksumError, MissingFileError } from '../../models/manifests/load.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { startAtOnce } from '../workers/start-at-once.ts';
import { models, planOf, type Serving, serving } from './serving.ts';

const TOKEN = 'a-token-of-the-test';
let agent: Serving;

beforeAll(async () => {
  agent = await serving(
    { workers: [['detect', 'classify']] },
    {
      token: async () => TOKEN,
      checkPlan(plan, source) {
        if (plan.slaMs === 13) throw new PlanRefusedError(source, ['it is unlucky'], 'Take another.');
      },
    },
  );
});

afterAll(() => agent.close());

const JSON_TYPE = { 'content-type': 'application/json' };

const put = async (body: string, token?: string) => {
  const response = await fetch(`${agent.url}/plan`, {
    method: 'PUT',
    body,
    headers: { ...JSON_TYPE, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

const read = async () => (await (await fetch(`${agent.url}/plan`)).json()) as Plan;

test('with the token the plan is replaced, and read again', async () => {
  const next = planOf({ workers: [['detect'], ['classify']], variants: ['det8', 'cnn8'], slaMs: 500 });
  const { status, body } = await put(JSON.stringify(next), TOKEN);
  expect(status).toBe(200);
  expect(body).toEqual(next);
  expect(await read()).toEqual(next);
});

test.each([undefined, '', 'another', `${TOKEN}x`])(
  'with the token %s it is not, and stays',
  async (token) => {
    const before = await read();
    const { status, headers, body } = await put(
      JSON.stringify(planOf({ workers: [['detect', 'classify']] })),
      token,
    );
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.stringify(body)).not.toContain(TOKEN);
    expect(await read()).toEqual(before);
  },
);

test('an agent that was started without a token lets nobody replace it', async () => {
  const other = await serving({ workers: [['detect', 'classify']] });
  const response = await fetch(`${other.url}/plan`, { method: 'PUT', body: '{}', headers: JSON_TYPE });
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('--token-file');
  await other.close();
});

test.each([
  ['no JSON', 'plan', 400, 'expected JSON'],
  ['another document', '{"schema": "ipa-edge/profile@1"}', 400, 'ipa-edge/plan@1'],
  [
    'a plan with a field too many',
    JSON.stringify({ ...planOf({ workers: [['detect', 'classify']] }), x: 1 }),
    400,
    'x',
  ],
  [
    'a plan that cannot be run here',
    JSON.stringify(planOf({ workers: [['detect', 'classify']], slaMs: 13 })),
    409,
    'it is unlucky',
  ],
])('%s is refused, and the plan stays', async (_, text, expected, why) => {
  const before = await read();
  const { status, body } = await put(text, TOKEN);
  expect(status).toBe(expected);
  expect((body as { error: string }).error).toContain(why);
  expect(await read()).toEqual(before);
});

test('a plan with thousands of problems is not parsed on the serving thread: another process looks for them', async () => {
  const plan = planOf({ workers: [['detect', 'classify']] });
  const hostile = JSON.stringify({ ...plan, workers: Array(12_000).fill({}) });
  const parse = vi.spyOn(JSON, 'parse');
  try {
    const { status, body } = await put(hostile, TOKEN);
    expect(status).toBe(400);
    expect((body as { error: string }).error).toContain('workers[0].id');
    expect(parse.mock.calls.filter(([text]) => text.length >= hostile.length)).toEqual([]);
  } finally {
    parse.mockRestore();
  }
});

test.each([
  ['is missing', new MissingFileError('/models/det8.onnx', null, {})],
  ['was altered', new ChecksumError('/models/det8.onnx', 'a'.repeat(64), 'b'.repeat(64))],
])('a plan whose model file %s is refused without a path, which the log names', async (_, error) => {
  const other = await serving(
    { workers: [['detect', 'classify']] },
    {
      token: async () => TOKEN,
      startWorker: async (...args) => {
        if (args[2].slaMs === 17) throw error;
        return startAtOnce(models, nodeEnvironment())(...args);
      },
    },
  );
  const plan = planOf({ workers: [['detect', 'classify']], variants: ['det8', 'cnn8'], slaMs: 17 });
  const response = await fetch(`${other.url}/plan`, {
    method: 'PUT',
    body: JSON.stringify(plan),
    headers: { ...JSON_TYPE, authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(409);
  const text = await response.text();
  expect(text).toContain('Restore the file');
  expect(text).not.toContain('det8.onnx');
  expect(other.events.join('\n')).toContain('/models/det8.onnx');
  await other.close();
});
