import { describe, expect, test } from 'vitest';
import { apiAddress, fileAddress, hubReference, parseRepository } from '../../../models/hub/repository.ts';
import { apiAnswer } from './models.ts';

describe('a repository', () => {
  test('ids and revisions', () => {
    expect(hubReference('Xenova/resnet-18')).toEqual({ id: 'Xenova/resnet-18', revision: 'main' });
    expect(hubReference('gpt2@refs/pr/1')).toEqual({ id: 'gpt2', revision: 'refs/pr/1' });
    for (const wrong of ['', 'a/b/c', '../x', 'a/..', 'a b', 'a/b@', 'https://huggingface.co/a/b'])
      expect(() => hubReference(wrong)).toThrow(/is not a model's id: give owner\/name/);
  });

  test('addresses quote what a path may hold', () => {
    const reference = { id: 'a/b', revision: 'refs/pr/1' };
    expect(apiAddress('https://hub', reference)).toBe(
      'https://hub/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true',
    );
    expect(fileAddress('https://hub', reference, 'onnx/m #1.onnx')).toBe(
      'https://hub/a/b/resolve/refs%2Fpr%2F1/onnx/m%20%231.onnx',
    );
  });

  test('commit, licence, sizes and sums come from the API', () => {
    const repository = parseRepository(
      apiAnswer('a/b', { 'onnx/model.onnx': 70, 'config.json': 5 }),
      'the API',
    );
    expect(repository).toEqual({
      id: 'a/b',
      revision: 'c'.repeat(40),
      licence: 'apache-2.0',
      task: null,
      files: [
        { path: 'onnx/model.onnx', sizeBytes: 70, sha256: 'd'.repeat(64) },
        { path: 'config.json', sizeBytes: 5, sha256: null },
      ],
    });
  });

  test.each([
    [['mit', 'other'], 'mit, other'],
    [undefined, null],
    [7, null],
  ])('a licence of %s is told as %s', (license, licence) => {
    expect(parseRepository(apiAnswer('a/b', {}, { cardData: { license } }), 'x').licence).toBe(licence);
  });
});
