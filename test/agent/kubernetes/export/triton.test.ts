import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type TritonModel, tritonRepository } from '../../../../bench/triton/export/repository.ts';
import { Enum, textFormat } from '../../../../bench/triton/export/text.ts';
import { NotOnnxError, tensorNames } from '../../../../models/manifests/onnx.ts';
import { labelledItems } from '../../../../models/packs/pack.ts';
import { outputDims, taskOf } from '../../../../models/tasks/index.ts';
import { nodeEnvironment } from '../../../../workers/environment/node.ts';
import { clusterPlan, fashion } from './plans.ts';

const models: TritonModel[] = fashion.manifest.stages.map((stage) => ({
  stage: stage.name,
  input: { name: 'image', dims: [stage.input.channels, stage.input.height, stage.input.width] },
  output: { name: 'out', dims: outputDims(stage) },
  file: `${stage.name}.onnx`,
  facts: stage,
}));

const textOf = (path: string): string => {
  const file = tritonRepository(clusterPlan(), models).find((entry) => entry.path === path)!;
  return 'text' in file ? file.text : '';
};

test('a stage has the batch, the wait, the instances and the threads of the plan', () => {
  expect(textOf('fashion-classify/config.pbtxt')).toBe(`name: "fashion-classify"
backend: "onnxruntime"
max_batch_size: 64
input {
  name: "image"
  data_type: TYPE_FP32
  dims: [ 1, 28, 28 ]
}
output {
  name: "out"
  data_type: TYPE_FP32
  dims: [ 10 ]
}
instance_group {
  count: 2
  kind: KIND_CPU
}
dynamic_batching {
  preferred_batch_size: [ 4 ]
  max_queue_delay_microseconds: 5000
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 250000
  }
}
parameters {
  key: "intra_op_thread_count"
  value {
    string_value: "2"
  }
}
`);
});

test('the ensemble runs the stages in order, with the items of the next made between them', () => {
  const text = textOf('fashion/config.pbtxt');
  expect([...text.matchAll(/model_name: "([^"]+)"/g)].map((match) => match[1])).toEqual([
    'fashion-detect',
    'fashion-detect-items',
    'fashion-classify',
  ]);
  // Every tensor that a step takes is the ensemble's input or another step's output.
  const values = (map: string) =>
    [...text.matchAll(new RegExp(`${map} \\{\\n\\s+key: "[^"]+"\\n\\s+value: "([^"]+)"`, 'g'))].map(
      (match) => match[1],
    );
  const made = new Set(['image', ...values('output_map')]);
  expect(values('input_map').filter((name) => !made.has(name))).toEqual([]);
  expect(values('output_map')).toContain('classify_output');
});

const protoc = spawnSync('protoc', ['--version']).status === 0;
if (!protoc) console.warn("SKIPPED: the test of the text format needs protoc (Debian's protobuf-compiler).");

test.skipIf(!protoc)('protoc reads every configuration, and what it reads is what was written', () => {
  const proto = fileURLToPath(new URL('./model-config.proto', import.meta.url));
  const convert = (direction: string, input: string | Buffer) =>
    execFileSync('protoc', [`--${direction}=inference.ModelConfig`, `-I${dirname(proto)}`, proto], { input });
  const configs = tritonRepository(clusterPlan(), models).filter(({ path }) => path.endsWith('.pbtxt'));
  expect(configs).toHaveLength(4);
  for (const config of configs) {
    const text = 'text' in config ? config.text : '';
    const read = convert('decode', convert('encode', text)).toString();
    // What a field is by default is not written again, and numbers of a list stand in lines of their own.
    const words = (of: string) => new Set(of.match(/"[^"]*"|[\w-]+/g));
    const lost = [...words(text)].filter((word) => !words(read).has(word));
    expect(
      lost.filter((word) => !['max_batch_size', '0', 'timeout_action', 'REJECT'].includes(word)),
    ).toEqual([]);
  }
});

test('text is escaped by byte', () => {
  expect(textFormat({ a: 'say "é"\\\n', b: new Enum('X'), c: [{ d: 1 }, { d: 2 }] })).toBe(
    'a: "say \\"\\303\\251\\"\\\\\\012"\nb: X\nc {\n  d: 1\n}\nc {\n  d: 2\n}\n',
  );
});

test("a model's file names its tensors; what is no model is refused", async () => {
  const bytes = await readFile(new URL('../../../../models/fashion/det8.onnx', import.meta.url));
  expect(tensorNames(bytes, 'det8.onnx')).toEqual({ input: 'image', output: 'map' });
  for (const broken of [bytes.subarray(0, 1000), new Uint8Array(0), new Uint8Array(50).fill(255)])
    expect(() => tensorNames(broken, 'broken.onnx')).toThrow(NotOnnxError);
});

const python = spawnSync('python3', ['-c', 'import numpy']).status === 0;
if (!python) console.warn('SKIPPED: the test of items.py needs python3 with numpy.');

describe.skipIf(!python)('items.py', () => {
  test('makes the same items as ours, to the bit, of what a real detector says', async () => {
    const [detect, classify] = fashion.manifest.stages as [
      (typeof fashion.manifest.stages)[number],
      (typeof fashion.manifest.stages)[number],
    ];
    const pack = await fashion.readPack();
    const count = 40;
    const { items } = (await labelledItems(pack, fashion.manifest.stages))[0]!;
    const size = items.pixels.length / items.count;
    const scenes = { count, pixels: items.pixels.slice(0, count * size) };
    const worker = await nodeEnvironment().spawn('items', 1);
    const variant = detect.variants[1]!;
    await worker.load(
      { key: 'detect', model: 'detect', backend: 'cpu', stage: detect, next: classify },
      await fashion.readVerified(variant.file, variant.sha256),
    );
    const output = await worker.infer('detect', { count, pixels: scenes.pixels.slice() });
    worker.terminate();
    const task = taskOf(detect);
    const results = task.decode(detect, output, count);
    const expected = results.map((result, i) => task.children(detect, scenes, i, result, classify));
    const total = expected.reduce((sum, batch) => sum + batch.count, 0);
    expect(total).toBeGreaterThan(60);

    const encoded = task.encode(detect, scenes);
    const program = `
import sys, json, numpy as np
sys.path.insert(0, sys.argv[1])
import items
given = json.load(sys.stdin)
images = np.array(given["images"], np.float32).reshape(given["shape"])
outputs = np.array(given["outputs"], np.float32).reshape(given["outputShape"])
made, index, results = items.make_items(given["stage"], given["next"], images, outputs)
json.dump({"items": np.rint(made * 255).astype(int).ravel().tolist(), "index": index.tolist(), "results": results.tolist()}, sys.stdout)`;
    const answer = JSON.parse(
      execFileSync(
        'python3',
        ['-B', '-c', program, fileURLToPath(new URL('../../../../bench/triton', import.meta.url))],
        {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
          input: JSON.stringify({
            images: [...encoded.data],
            shape: encoded.dims,
            outputs: [...output.data],
            outputShape: output.dims,
            stage: detect,
            next: classify,
          }),
        },
      ),
    );
    expect(answer.index).toEqual(expected.flatMap((batch, i) => Array(batch.count).fill(i)));
    expect(answer.items).toEqual(expected.flatMap((batch) => [...batch.pixels]));
    const boxes = results.flatMap((result) => (result.task === 'object-detection' ? result.detections : []));
    boxes.forEach(({ x0, score }, i) => {
      expect(answer.results[i][0]).toBeCloseTo(x0, 3);
      expect(answer.results[i][4]).toBeCloseTo(score, 5);
    });
  });
});
