import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { buildIfOlder, replaceFolder } from '../../bench/setup/built.ts';
import { ROOT } from '../../workers/command/root.ts';
import { folderOfTest } from '../temporary-folder.ts';

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

test('a folder is whole at any time, though two commands build it at once, or a build fails', async () => {
  const folder = join(folderOfTest(), 'page');
  const content = () => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const made = (text: string, meanwhile?: Promise<void>) => async (beside: string) => {
    mkdirSync(beside);
    writeFileSync(join(beside, 'first'), text);
    await meanwhile;
    writeFileSync(join(beside, 'last'), text);
  };
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = replaceFolder(folder, made('slow', held));
  await replaceFolder(folder, made('fast'));
  expect(content()).toEqual(['fast', 'fast']);
  goOn();
  await slow;
  expect(content()).toEqual(['slow', 'slow']);
  const failed = replaceFolder(folder, (beside) =>
    made('part', Promise.reject(new Error('stopped')))(beside),
  );
  await expect(failed).rejects.toThrow('stopped');
  expect(content()).toEqual(['slow', 'slow']);
  expect(readdirSync(dirname(folder))).toEqual(['page']);
});
