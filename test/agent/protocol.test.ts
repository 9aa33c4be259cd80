import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../agent/http/app.ts';
import { encodeRequest } from '../../agent/oip/encode-request.ts';
import type { InferRequest, InferResponse } from '../../agent/oip/infer.ts';
import type { NumberTensor } from '../../agent/oip/tensor.ts';
import { probePlan } from '../../agent/profiler/probe-plan.ts';
import { replayingWorker } from '../../agent/profiler/replay.ts';
import { Service } from '../../agent/service/service.ts';
import { cropResize } from '../../models/items/crop.ts';
import type { ItemFormatOf } from '../../models/items/item-format.ts';
import { loadShipped } from '../shipped.ts';
import { until } from '../until.ts';
import { DESCRIPTIONS, oipCheck } from './oip/oip-schema.ts';
import type { InferenceServerError } from './oip-client.ts';
import { imagesOf, items, replicas, requestOf, type Serving, serving } from './serving.ts';
import { numbersIn } from './tensors.ts';

let agent: Serving;

beforeAll(async () => {
  agent = await serving({ workers: [['detect'], ['classify']], batch: 4 });
});

afterAll(() => agent.close());

const JSON_TYPE = { 'content-type': 'application/json' };

const tensor = ({ outputs }: InferResponse, name: string): NumberTensor => numbersIn(outputs, name);

describe.each([
  ['fashion', 0, ['boxes', 'detect_scores', 'labels', 'scores', 'item_index']],
  ['detect', 0, ['boxes', 'scores', 'item_index']],
  ['classify', 1, ['labels', 'scores', 'item_index']],
] as const)('model %s', (model, stage, outputs) => {
  test('says what it takes and gives, and is ready', async () => {
    const metadata = await agent.client.metadata(model);
    expect(metadata).toMatchObject({ name: model, versions: ['1'], platform: 'onnxruntime_onnx' });
    expect(metadata.inputs).toEqual([
      { name: 'images', datatype: 'UINT8', shape: [-1, ...requestOf(stage).inputs[0].shape.slice(1)] },
    ]);
    expect(metadata.outputs.map(({ name }) => name)).toEqual(outputs);
    expect(await agent.client.ready(model)).toBe(true);
  });

  test('answers the same in JSON and in bytes, as its metadata says', async () => {
    const request = { id: 'seven', ...requestOf(stage, 3, 5) };
    const inJson = await agent.client.infer(model, request, { binary: false });
    const inBytes = await agent.client.infer(model, request, { binary: true });
    expect(inBytes).toEqual(inJson);
    expect(inJson).toMatchObject({ model, version: '1', id: 'seven' });
    expect(inJson.outputs.map(({ name }) => name)).toEqual(outputs);
    const metadata = await agent.client.metadata(model);
    for (const [i, { datatype, shape }] of inJson.outputs.entries()) {
      expect(datatype).toBe(metadata.outputs[i]!.datatype);
      expect(shape.slice(1)).toEqual(metadata.outputs[i]!.shape.slice(1));
    }
  });

  test('gives the outputs that are asked for, each in its form', async () => {
    const asked: InferRequest = {
      ...requestOf(stage),
      outputs: [{ name: 'item_index', binary: true }, { name: 'scores' }],
    };
    const response = await agent.client.infer(model, asked, { binary: false });
    expect(response.outputs.map(({ name }) => name)).toEqual(['item_index', 'scores']);
  });

  test.each<[string, (input: NumberTensor) => Partial<NumberTensor>]>([
    ['shape', ({ shape }) => ({ shape: [...shape].reverse() })],
    ['dtype', ({ shape, data }) => ({ datatype: 'FP32', shape, data: Float32Array.from(data) })],
    ['name', () => ({ name: 'pixels' })],
  ])('refuses a wrong %s with 400, and names the tensor', async (_, wrong) => {
    const [input] = requestOf(stage).inputs;
    const inputs = [{ ...input, ...wrong(input) }] as const;
    for (const binary of [true, false]) {
      const refused = agent.client.infer(model, { inputs }, { binary });
      await expect(refused).rejects.toMatchObject({
        status: 400,
        reason: expect.stringContaining(inputs[0]!.name),
      });
    }
  });

  test('refuses a wrong byte count with 400, and names the tensor', async () => {
    const [input] = requestOf(stage).inputs;
    const inputs = [{ ...input, data: input.data.slice(1) }];
    for (const binary of [true, false])
      await expect(agent.client.infer(model, { inputs }, { binary })).rejects.toMatchObject({
        status: 400,
        reason: expect.stringContaining('tensor "images"'),
      });
  });
});

test('the pipeline answers what its stages do one after the other', async () => {
  const [scene] = items[0]!;
  const whole = await agent.client.infer('fashion', requestOf(0));
  const detected = await agent.client.infer('detect', requestOf(0));
  const boxes = tensor(detected, 'boxes');
  expect(tensor(whole, 'boxes')).toEqual(boxes);
  const count = boxes.shape[0]!;
  expect(count).toBeGreaterThan(1);
  const crops = new Uint8Array(count * 784);
  for (let i = 0; i < count; i++) {
    const [x0, y0, x1, y1] = boxes.data.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const out = crops.subarray(i * 784, (i + 1) * 784);
    cropResize(scene!, imagesOf(0), { x0, y0, x1, y1 }, out, imagesOf(1));
  }
  const classified = await agent.client.infer('classify', {
    inputs: [{ name: 'images', datatype: 'UINT8', shape: [count, 1, 28, 28], data: crops }],
  });
  expect(tensor(whole, 'labels')).toEqual(tensor(classified, 'labels'));
  expect(tensor(whole, 'scores')).toEqual(tensor(classified, 'scores'));
});

test('rows belong to the scenes of the batch', async () => {
  const together = await agent.client.infer('fashion', requestOf(0, 0, 6));
  const alone = await Promise.all(
    Array.from({ length: 6 }, (_, i) => agent.client.infer('fashion', requestOf(0, i))),
  );
  const index = tensor(together, 'item_index').data;
  const labels = tensor(together, 'labels').data;
  for (const [i, response] of alone.entries())
    expect([...labels.filter((_, row) => index[row] === i)]).toEqual([...tensor(response, 'labels').data]);
});

const get = async (path: string) => {
  const response = await fetch(`${agent.url}${path}`);
  return { status: response.status, body: await response.text() };
};

test.each([
  '/v2',
  '/v2/',
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models/fashion',
  '/v2/models/fashion/versions/1',
  '/v2/models/detect/versions/1/ready',
  '/metrics',
  '/plan',
])('GET %s answers 200', async (path) => {
  expect((await get(path)).status).toBe(200);
});

describe.each(DESCRIPTIONS)('by %s', (description) => {
  const check = oipCheck(description);
  const answer = async (path: string, inputs?: unknown) => {
    const body =
      inputs === undefined ? {} : { method: 'POST', body: JSON.stringify({ inputs }), headers: JSON_TYPE };
    return (await fetch(`${agent.url}/v2${path}`, body)).json();
  };
  const input = ({ name, datatype, shape, data }: NumberTensor) => ({
    name,
    datatype,
    shape,
    data: [...data],
  });

  test.skipIf(check === null).each(['fashion', 'detect', 'classify'])(
    'what the server answers of %s is valid: metadata, results, and errors',
    async (model) => {
      const [own] = requestOf(model === 'classify' ? 1 : 0).inputs;
      const path = `/models/${model}/versions/1`;
      expect(check!('metadata_model_response', await answer(path))).toEqual([]);
      expect(check!('inference_response', await answer(`${path}/infer`, [input(own!)]))).toEqual([]);
      const wrong = [{ ...input(own!), name: 'pixels' }];
      expect(check!('inference_error_response', await answer(`${path}/infer`, wrong))).toEqual([]);
      expect(check!('metadata_model_error_response', await answer(`/models/${model}x`))).toEqual([]);
    },
  );

  test.skipIf(check === null)('what the server says of itself is valid', async () => {
    expect(check!('metadata_server_response', await answer('/'))).toEqual([]);
  });
});

test.each([
  ['/v2/models/nothing', 'There is no model nothing: there are detect, classify, fashion'],
  ['/v2/models/fashion/versions/2', 'There is no version 2 of model fashion: there is 1.'],
  ['/etc/passwd', 'There is no GET /etc/passwd here'],
])('GET %s answers 404 and why', async (path, why) => {
  const { status, body } = await get(path);
  expect(status).toBe(404);
  expect(JSON.parse(body).error).toContain(why);
});

test('more items than may come at once are refused, and so is a body of more than they take', async () => {
  await expect(agent.client.infer('classify', requestOf(1, 0, 65))).rejects.toMatchObject({ status: 400 });
  await expect(agent.client.infer('detect', requestOf(0, 0, 400))).rejects.toMatchObject({ status: 413 });
});

test('a recording of full length is read from JSON, even if each of its samples takes the most digits', async () => {
  const { manifest, pipeline } = await loadShipped('mini-audio-sentiment');
  const { samplesMax } = pipeline.first.format as ItemFormatOf<'audio'>;
  const startWorker = async () => replayingWorker([]);
  const service = await Service.start({
    pipeline,
    plan: probePlan(manifest),
    startWorker,
    onEvent: () => {},
  });
  const app = createApp(service, { checkPlan: () => {} });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const data = Array(samplesMax).fill(Math.fround(-0.0000017732841115503106));
  const inputs = [{ name: 'audio', datatype: 'FP32', shape: [1, samplesMax], data }];
  const answer = await fetch(`${url}/v2/models/${manifest.name}/infer`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ inputs, outputs: [{ name: 'none' }] }),
  });
  // The names of outputs are checked once the body has been read.
  expect(await answer.json()).toMatchObject({ error: expect.stringContaining('has no such output') });
  service.close();
  await app.close();
});

test('a body without a length, or compressed, is not read', async () => {
  const url = `${agent.url}/v2/models/fashion/infer`;
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{}'));
      controller.close();
    },
  });
  const chunked = await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
  expect(chunked.status).toBe(411);
  const zipped = await fetch(url, {
    method: 'POST',
    body: '{}',
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
  });
  expect(zipped.status).toBe(415);
  const plain = await fetch(url, {
    method: 'POST',
    body: encodeRequest(requestOf(0), false).bytes,
    headers: { ...JSON_TYPE, 'content-encoding': 'identity' },
  });
  expect(plain.status).toBe(200);
});

test('metrics count what came, what became of it, batches, and say the plan', async () => {
  await agent.client.infer('classify', requestOf(1, 0, 3));
  const { body } = await get('/metrics');
  const value = (metric: string) => Number(new RegExp(`^${metric} (.+)$`, 'm').exec(body)?.[1]);
  const arrived = value('ipa_edge_arrivals_total\\{model="classify"\\}');
  expect(arrived).toBeGreaterThanOrEqual(3);
  expect(value('ipa_edge_requests_total\\{model="classify",outcome="completed"\\}')).toBe(arrived);
  expect(value('ipa_edge_request_duration_seconds_count\\{model="classify"\\}')).toBe(arrived);
  expect(value('ipa_edge_requests_in_time_total\\{model="classify"\\}')).toBeGreaterThan(0);
  expect(value('ipa_edge_batch_items_sum\\{stage="classify"\\}')).toBeGreaterThanOrEqual(arrived);
  expect(value('ipa_edge_run_items_total\\{stage="classify"\\}')).toBe(
    value('ipa_edge_batch_items_sum\\{stage="classify"\\}'),
  );
  expect(value('ipa_edge_run_seconds_sum\\{stage="classify"\\}')).toBeGreaterThan(0);
  expect(value('ipa_edge_replicas\\{stage="detect"\\}')).toBe(1);
  expect(value('ipa_edge_queue_items\\{stage="detect"\\}')).toBe(0);
  expect(value('ipa_edge_open_requests')).toBe(0);
  expect(body).toContain(
    'ipa_edge_plan_info{pipeline="fashion",stage="detect",variant="det4",backend="cpu",batch="4",replicas="1"} 1',
  );
});

test.each([
  [
    'that there is not',
    ['boxez'],
    'tensor "boxez": model fashion has no such output; its outputs are boxes, detect_scores, labels, scores, item_index',
  ],
  [
    'twice',
    ['boxes', 'scores', 'boxes'],
    'tensor "boxes": the request names this output twice; name it once',
  ],
])('who wants an output %s is refused before anything is run', async (_, names, reason) => {
  const arrivals = async () =>
    /^ipa_edge_arrivals_total\{model="fashion"\} (.+)$/m.exec((await get('/metrics')).body)![1];
  const before = await arrivals();
  const asked = { ...requestOf(0), outputs: names.map((name) => ({ name })) };
  await expect(agent.client.infer('fashion', asked)).rejects.toMatchObject({ status: 400, reason });
  expect(await arrivals()).toBe(before);
});

test('what is beyond the bound on open requests is answered 503, with when to come again', async () => {
  const [detect] = replicas();
  process.kill(detect!, 'SIGSTOP');
  let refused = 0;
  // The agent accepts 21 of 30 requests for 48 scenes each, because at most 1,024 scenes may be open.
  const flood = Array.from({ length: 30 }, (_, i) =>
    agent.client.infer('fashion', requestOf(0, i, 48)).then(
      () => 200,
      (error: InferenceServerError) => {
        expect(error.retryAfterS).toBeGreaterThan(0);
        refused++;
        return error.status;
      },
    ),
  );
  await until(() => expect(refused).toBe(9));
  process.kill(detect!, 'SIGCONT');
  const statuses = await Promise.all(flood);
  expect(statuses.sort()).toEqual([...Array(21).fill(200), ...Array(9).fill(503)]);
  expect(await agent.client.ready('fashion')).toBe(true);
});
