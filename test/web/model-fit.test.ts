import { expect, test } from 'vitest';
import { modelSets } from '../../models/hub/given/model-sets.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import type { ModelChecker } from '../../web/engine/check-model.ts';
import { fitting } from '../../web/state/pipelines/model-fit.ts';
import { fileAt } from '../file-at.ts';
import { classify } from '../models/stages.ts';
import { model, node } from '../onnx-graph.ts';

/** How the page makes a variant of a model that is dropped on a stage. */

const checker = { check: async () => {} } as unknown as ModelChecker;
const stageWith = (scores: string) => ({ ...classify, scores }) as ManifestStage;
const scores = { type: 'float32', dims: ['batch', 2] } as const;
const ending = (operator: string) => model([node(operator, ['image'], 'out')], [], scores, scores);

test.each([
  ['Softmax', 'logits', 'probabilities'],
  ['Softmax', 'probabilities', undefined],
  ['Gemm', 'logits', undefined],
  ['Gemm', 'probabilities', undefined],
])(
  'a classifier that ends in %s, on a stage with %s, has scores of its own: %s',
  async (operator, ofStage, own) => {
    const [set] = modelSets([fileAt('own.onnx', ending(operator))]).sets;
    const { unnamed } = await fitting(checker, [stageWith(ofStage)], set!, new Map());
    expect((unnamed as { scores?: string }).scores).toBe(own);
  },
);

test("a variant's data type is that of its model's contents", async () => {
  const [set] = modelSets([fileAt('own.onnx', ending('QLinearConv'))]).sets;
  const { unnamed } = await fitting(checker, [stageWith('logits')], set!, new Map());
  expect(unnamed.sessions.model!.dtype).toBe('q8');
});
