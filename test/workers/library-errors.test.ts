import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as hub from '../../workers/hub/errors.ts';
import * as library from '../../workers/index.common.ts';
import * as inNode from '../../workers/index.node.ts';

test('the library exports each error class that its functions say they throw', async () => {
  const thrown = new Set<string>();
  for (const index of ['common', 'node', 'browser']) {
    const url = new URL(`../../workers/index.${index}.ts`, import.meta.url);
    for (const [, from] of (await readFile(url, 'utf8')).matchAll(/from '(\..+)'/g)) {
      const text = await readFile(new URL(from!, url), 'utf8');
      for (const [comment] of text.matchAll(/@throws[^@]*?\*\//g))
        for (const [name] of comment.matchAll(/\b[A-Z]\w*Error\b/g)) thrown.add(name);
    }
  }
  expect(thrown).toContain('InfeasiblePlanError');
  expect([...thrown].filter((name) => !(name in library))).toEqual([]);
});

test('in Node, where the library downloads models, it exports the errors of downloads', () => {
  expect(inNode).toMatchObject(hub);
});
