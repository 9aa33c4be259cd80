import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInferenceError } from '../../agent/oip/errors.ts';
import { checkJsonBounds, JSON_BOUNDS } from '../../agent/oip/json-bounds.ts';

const encoder = new TextEncoder();
const passes = (text: string): boolean => {
  try {
    checkJsonBounds(encoder.encode(text));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInferenceError);
    return false;
  }
};

function measured(value: unknown): { readonly depth: number; readonly objects: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, objects: 0 };
  const inner = Object.values(value).map(measured);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    objects: inner.reduce((sum, { objects }) => sum + objects, Array.isArray(value) ? 0 : 1),
  };
}

test('JSON passes if its objects and its depth are within the bounds, whatever its texts hold', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('{', '[{', '"', '\\', '\\"{', 'ü{'));
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof({ maxDepth: 8 }, fc.integer(), text, tie('list'), tie('object')),
    list: fc.array(tie('json'), { maxLength: 4 }),
    object: fc.dictionary(text, tie('json'), { maxKeys: 4 }),
  }));
  const nested = fc
    .tuple(json, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1100 }))
    .map(([inner, depth, objects]) => {
      let value: unknown = [inner, ...Array.from({ length: objects }, () => ({}))];
      for (let i = 0; i < depth; i++) value = [value];
      return value;
    });
  fc.assert(
    fc.property(fc.oneof(json, nested), (value) => {
      const { depth, objects } = measured(value);
      expect(passes(JSON.stringify(value))).toBe(
        depth <= JSON_BOUNDS.depth && objects <= JSON_BOUNDS.objects,
      );
    }),
  );
});

test('as many objects and levels as the bounds say pass, and one more does not', () => {
  const objects = (count: number) => `[${Array(count).fill('{}')}]`;
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect([1000, 1001].map((count) => passes(objects(count)))).toEqual([true, false]);
  expect([32, 33].map((depth) => passes(nested(depth)))).toEqual([true, false]);
  expect(passes(`["\\"${'['.repeat(99)}", "${'{'.repeat(1001)}", []]`)).toBe(true);
});

test('bytes that are no JSON end the check', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void passes(String.fromCharCode(...bytes))),
  );
  expect(passes('"\\')).toBe(true);
});
