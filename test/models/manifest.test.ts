import { expect, test } from 'vitest';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { MANIFEST, MANIFEST_1 } from '../../solver/documents/manifest.ts';
import { classify, colour, detect, language, pipelineOf, spam } from './stages.ts';

const manifest = (schema: string, stages: unknown[]) => ({
  schema,
  name: 'small',
  title: 'Small',
  stages,
  pack: { file: 'pack.bin', sha256: '1'.repeat(64), source: 'made up' },
});

test('a manifest of version 1 is read as one of version 2', () => {
  const { sessions, ...variant } = detect.variants[0]!;
  const { dtype: _, ...model } = sessions.model!;
  const before = manifest(MANIFEST_1, [{ ...detect, variants: [{ ...variant, ...model }] }]);
  expect(parseManifest(before, 'old')).toEqual(parseManifest(manifest(MANIFEST, [detect]), 'new'));
});

test.each<[string, unknown[], RegExp]>([
  [
    'a detector after another stage',
    [classify, detect],
    /stages\[1\]\.task: expected object-detection in the first/,
  ],
  [
    'a stage of another kind of item',
    [classify, language],
    /stages\[1\]\.task: expected a task that takes pixels/,
  ],
  [
    'a class to pass on that is none',
    [{ ...language, passOn: ['ita'] }, spam],
    /passOn\[0\]: expected one of the classes/,
  ],
  [
    'a session that the task has no use for',
    [
      {
        ...spam,
        variants: [{ ...detect.variants[0], sessions: { encoder: detect.variants[0]!.sessions.model } }],
      },
    ],
    /sessions: expected the sessions model/,
  ],
])('a manifest with %s is refused', (_what, stages, problem) => {
  const plain = JSON.parse(JSON.stringify(manifest(MANIFEST, stages)));
  expect(() => parseManifest(plain, 'made up')).toThrow(problem);
});

test('a manifest says what the mix of its pack stands for, in 400 letters at most', () => {
  const withMix = (mix: string) => {
    const whole = manifest(MANIFEST, [detect]);
    return parseManifest({ ...whole, pack: { ...whole.pack, mix } }, 'new');
  };
  expect(withMix('calls of a help desk').pack!.mix).toBe('calls of a help desk');
  expect(() => withMix('x'.repeat(401))).toThrow(/pack\.mix/);
});

test('a pipeline knows the stage after each stage', () => {
  const { first, stages } = pipelineOf(detect, classify, colour);
  expect(first.next).toBe(stages[1]);
  expect(stages[2]!.next).toBeNull();
});
