import { expect, test } from 'vitest';
import { OverheadHost } from '../../../bench/overhead/bare/host.ts';
import { batchOf, itemsOf } from '../../../models/items/item-batch.ts';
import { createNodeRuntime, importNodeOrt } from '../../../workers/runtime/ort-node.ts';
import { loadFashion } from '../../workers/fashion.ts';

test('a bare session runs the batches that were prepared for it, as often as it is asked', async () => {
  const models = await loadFashion();
  const { name, stage, variant } = models.pipeline.first;
  const { items } = await models.readPack();
  const host = new OverheadHost(createNodeRuntime, importNodeOrt);
  const { model } = await models.readModels(variant(stage.variants[0]!.name));
  await host.bareLoad(name, model!, 'cpu', 1);
  const prepared = [];
  for (const size of [1, 2])
    prepared.push(await host.barePrepare(name, stage, batchOf(itemsOf(items, size))));
  expect(prepared).toEqual([0, 1]);
  const times = await host.bareRun(name, [1, 0, 1]);
  expect(times).toHaveLength(3);
  for (const ms of times) expect(ms).toBeGreaterThan(0);
});
