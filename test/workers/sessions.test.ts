import { expect, test } from 'vitest';
import type { TensorInfo } from '../../models/tasks/tensor.ts';
import { fixedBatchOf } from '../../workers/profiler/sessions.ts';

const input = (name: string, ...dims: TensorInfo['dims']): TensorInfo => ({ name, type: 'int64', dims });
const session = (...inputs: TensorInfo[]) => ({ inputs, outputs: [] });

test('a variant has the batch size to which any of its models is fixed', () => {
  const encoder = session(input('input_ids', null, null));
  expect(fixedBatchOf({ encoder, decoder: session(input('input_ids', 4, 1)) })).toBe(4);
});

test("a merged decoder's switch fixes no batch size", () => {
  const decoder = session(input('input_ids', null, null), input('use_cache_branch', 1));
  expect(fixedBatchOf({ encoder: session(input('input_ids', null, null)), decoder })).toBeNull();
});
