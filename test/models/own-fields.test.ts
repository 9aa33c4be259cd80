import { expect, test } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { pipelineStage } from '../../models/manifests/pipeline.ts';
import { inputValues } from '../../models/tasks/registry.ts';
import {
  MANIFEST,
  type ManifestStage,
  type ManifestVariant,
  ownFieldsOf,
  sha256Of,
  stageOfVariant,
} from '../../solver/documents/manifest.ts';
import { classify, detect, spam } from './stages.ts';

/** Fields of a variant that replace those of its stage. */

const [plain] = classify.variants as [ManifestVariant];
const large = { ...classify.input, height: 8, width: 8 };
const stagesOf = (...stages: object[]): ManifestStage[] =>
  parseManifest(
    JSON.parse(JSON.stringify({ schema: MANIFEST, name: 'small', title: 'Small', stages })),
    'made up',
  ).stages;
const withOwn = (stage: object, own: object, fields: object = {}) => ({
  ...stage,
  ...fields,
  variants: [plain, { ...plain, name: 'other', ...own }],
});

test("stand in the place of the stage's, whole, with the defaults of the task", () => {
  const input = { channels: 1, height: 8, width: 8, std: [2] };
  const [stage] = stagesOf(withOwn(classify, { input }, { pictures: { channels: 1, height: 4, width: 4 } }));
  const [first, other] = stage!.variants;
  expect(ownFieldsOf(first!)).toEqual({});
  expect(stageOfVariant(stage!, first!)).toEqual(stage);
  expect(stageOfVariant(stage!, other!)).toMatchObject({
    input: { ...input, mean: [0], layout: 'nchw' },
    scores: 'logits',
  });
});

test('leave the items as they are: the size of pictures is said once', () => {
  expect(() => stagesOf(withOwn(classify, { input: large }))).toThrow(
    /pictures: expected the channels, height and width of the stage's pictures, because other takes others/,
  );
  const pictures = { channels: 3, height: 6, width: 5 };
  const [stage] = stagesOf(withOwn(classify, { input: large }, { pictures }));
  for (const variant of stage!.variants)
    expect(pipelineStage(stageOfVariant(stage!, variant), null).format).toEqual({
      kind: 'pixels',
      ...pictures,
    });
  expect(inputValues(stage!)).toBe(64);
});

test.each<[string, object, RegExp]>([
  ['of another name', withOwn(classify, { classes: ['x', 'y', 'z'] }), /variants\[1\].*classes/],
  ['of a wrong form', withOwn(classify, { scores: 'percent' }), /variants\[1\]\.scores/],
  [
    'that the task refuses',
    withOwn(
      { ...detect, classes: ['a', 'b'], output: { format: 'detr', threshold: 0.5 } },
      { output: detect.output },
    ),
    /variants\[1\]\.output\.format: expected another format/,
  ],
  [
    'whose classes are none of the stage',
    withOwn({ ...detect, classes: ['a'] }, { output: { format: 'detr', threshold: 0.5, classes: ['b'] } }),
    /variants\[1\]\.output\.classes: expected at least one of the stage's classes/,
  ],
  [
    'that need other files',
    withOwn(spam, { input: { encoding: 'tokens', length: 8 } }),
    /variants\[1\]\.assets: expected the assets tokenizer, tokenizer-config/,
  ],
])('%s are refused at their place', (_, stage, problem) => {
  expect(() => stagesOf(stage)).toThrow(problem);
});

test('and the files name a variant in profiles and plans; one model file alone keeps its own sum', () => {
  const file = (digit: string) => ({ file: 'a.json', sha256: digit.repeat(64), sizeBytes: 1 });
  const model = plain.sessions.model!;
  const same = { ...plain, name: 'renamed', accuracy: 0.5 };
  const ids = [
    plain,
    { ...plain, input: large } as ManifestVariant,
    { ...plain, input: { ...large, std: [2] } } as ManifestVariant,
    { ...plain, assets: { tokenizer: file('1'), config: file('2') } },
    { ...plain, assets: { tokenizer: file('2'), config: file('1') } },
    { ...plain, assets: { tokenizer: file('1'), config: { ...file('2'), sha256: `${'2'.repeat(63)}3` } } },
    { ...plain, sessions: { encoder: model, decoder: model } },
  ].map(sha256Of);
  expect(ids[0]).toBe(model.sha256);
  expect(sha256Of(same)).toBe(model.sha256);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
});
