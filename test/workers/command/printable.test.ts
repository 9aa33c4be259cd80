import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MANIFEST } from '../../../solver/documents/manifest.ts';
import { printable } from '../../../workers/command/printable.ts';
import { ipaEdge } from '../../bench/command.ts';
import { folderOfTest } from '../../temporary-folder.ts';

test('control characters are written as in JSON, except ends of lines and tabs', () => {
  expect(printable('a\u001b[2J\u009b2J\r\u007fé\t\n')).toBe('a\\u001b[2J\\u009b2J\\u000d\\u007fé\t\n');
});

test('JSON keeps its meaning', () => {
  const value = { agent: 'Node\u001b[31m\u009b2J', note: 'é\n' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});

test('a command passes no control characters of a document to the terminal', async () => {
  const manifest = join(folderOfTest(), 'manifest.json');
  writeFileSync(manifest, JSON.stringify({ schema: MANIFEST, name: '\u009b2J\u0085' }));
  const { code, stderr } = await ipaEdge(['fetch', '--manifest', manifest]);
  expect(code).toBe(2);
  expect(stderr).toContain('found "\\u0085"');
  expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
});
