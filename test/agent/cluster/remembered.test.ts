import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../../agent/cluster/engine.ts';
import { replicasIn } from '../../../agent/cluster/gateway/remembered.ts';
import { folderOfTest } from '../../temporary-folder.ts';

const replica = (i: number): Endpoint => ({
  url: `http://10.0.0.${i}:8080`,
  stage: 'detect',
  state: 'ready',
});

test('the last replicas that were written are read, however fast they changed', async () => {
  const file = join(folderOfTest(), 'replicas.json');
  const remembered = replicasIn(file);
  expect(await remembered.read()).toEqual([]);
  await Promise.all(Array.from({ length: 50 }, (_, i) => remembered.write([replica(i)])));
  expect(await replicasIn(file).read()).toEqual([replica(49)]);
});

test('a file that was damaged is refused by name', async () => {
  const file = join(folderOfTest(), 'replicas.json');
  for (const text of ['', '{', '[{"url":"file:///etc/passwd","stage":"a","state":"ready"}]', '{"url":1}']) {
    await writeFile(file, text);
    await expect(replicasIn(file).read()).rejects.toThrow(file);
  }
  expect(await readFile(file, 'utf8')).toBe('{"url":1}');
});
