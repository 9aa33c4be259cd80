import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addVariant,
  filesOf,
  freeName,
  inOneFolder,
  removeVariant,
  variantName,
} from '../../models/manifests/edit.ts';
import { parseManifest } from '../../models/manifests/manifest.ts';
import { name as nameSchema } from '../../solver/documents/common.ts';
import { MANIFEST, type Manifest, type ManifestVariant } from '../../solver/documents/manifest.ts';
import { classify, detect } from './stages.ts';

const manifest = (stages: Manifest['stages'] = [detect, classify]): Manifest => ({
  schema: MANIFEST,
  name: 'small',
  title: 'Small',
  stages,
  pack: { file: 'https://example.org/a/pack.bin?v=2', sha256: '1'.repeat(64), source: 'made up' },
});
const [only] = classify.variants as [ManifestVariant];
const variant = (name: string, file = `${name}.onnx`): ManifestVariant => ({
  ...only,
  name,
  sessions: { model: { ...only.sessions.model!, file } },
});

describe('names', () => {
  test('of any text are such as documents have, and not taken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(12), (text, count) => {
        const taken: string[] = [];
        for (let i = 0; i <= count; i++) {
          const name = freeName(text, taken);
          expect(nameSchema.safeParse(name).success).toBe(true);
          expect(taken).not.toContain(name);
          taken.push(name);
        }
      }),
    );
  });

  test.each(['constructor', 'toString', 'valueOf'])('that every object has are refused: %s', (name) => {
    expect(nameSchema.safeParse(name).error?.issues[0]?.message).toMatch(
      /^expected a name that not every object/,
    );
  });

  test.each([
    ['mine.onnx', 'mine'],
    ['C:\\models\\Mine v2.onnx', 'Mine-v2'],
    ['only.onnx', 'only-2'],
    ['<img src=x onerror=alert(1)>.onnx', 'img-src-x-onerror-alert-1'],
    ['网络.onnx', 'own'],
    ['.onnx', 'own'],
    ['constructor.onnx', 'constructor-2'],
  ])('of the file %s is %s', (file, name) => {
    expect(variantName(file, classify)).toBe(name);
  });
});

describe('variants', () => {
  test('are added to their stage and removed from it; the manifest itself stays', () => {
    const before = manifest();
    const more = addVariant(before, 'classify', variant('more'));
    expect(more.stages[1]!.variants.map(({ name }) => name)).toEqual(['only', 'more']);
    expect(more.stages[0]).toEqual(detect);
    expect(removeVariant(more, 'classify', 'only').stages[1]!.variants).toEqual([variant('more')]);
    expect(before).toEqual(manifest());
  });

  test('the last of a stage cannot be spared: the manifest would not be valid', () => {
    const none = removeVariant(manifest(), 'classify', 'only');
    expect(() => parseManifest(none, 'edited')).toThrow(/stages\[1\]\.variants/);
  });

  test('may have no published accuracy', () => {
    const own = addVariant(manifest(), 'classify', { ...variant('own'), accuracy: null });
    expect(parseManifest(own, 'edited').stages[1]!.variants[1]!.accuracy).toBeNull();
  });
});

test('in one folder files have plain names that differ, and their sums', () => {
  const spread = manifest([
    { ...detect, variants: [variant('a', 'https://example.org/x/model.onnx?key=1')] },
    { ...classify, variants: [variant('a', '../up/model.onnx'), variant('b', 'b')] },
  ]);
  const together = parseManifest(inOneFolder(spread), 'together');
  expect(filesOf(together).map(({ file }) => file)).toEqual([
    'model.onnx',
    'model-2.onnx',
    'b.onnx',
    'pack.bin',
  ]);
  expect(filesOf(together).map(({ sha256 }) => sha256)).toEqual(filesOf(spread).map(({ sha256 }) => sha256));
  expect(inOneFolder(together)).toEqual(together);
});
