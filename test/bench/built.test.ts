import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { buildIfOlder } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';

test('a source that changes during a build makes the next call build again, and no other call does', async () => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist/test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = relative(ROOT, join(folder, 'source'));
  writeFileSync(join(ROOT, source), 'first');
  const stamp = (file: string, ms: number) => utimesSync(join(folder, file), ms / 1000, ms / 1000);
  stamp('source', Date.now() - 1000);
  let builds = 0;
  const build = (changesMs?: number) =>
    buildIfOlder(join(basename(folder), 'built'), [source], async () => {
      builds++;
      if (changesMs !== undefined) stamp('source', changesMs);
      writeFileSync(join(folder, 'built'), '');
      // As if the build took a second.
      stamp('built', Date.now() + 1000);
    });
  const changesMs = Date.now() + 10;
  await build(changesMs);
  await vi.waitUntil(() => Date.now() > changesMs);
  await build();
  await build();
  expect(builds).toBe(2);
});
