import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compiled } from '../compiled.ts';

test.each([
  'agent/oip/decoder/worker.node.js',
  'workers/planner/worker.node.js',
  'workers/stage/worker.node.js',
])('%s starts soon: it loads no other file of ours, and not Zod, which has a hundred', (worker) => {
  const code = readFileSync(compiled(worker), 'utf8');
  const loaded = [...code.matchAll(/^import (?:[^"]* from )?"([^"]+)";/gm)].map((match) => match[1]!);
  expect(loaded).toContain('comlink');
  expect(loaded.filter((name) => name.startsWith('.') || name.startsWith('zod'))).toEqual([]);
});
