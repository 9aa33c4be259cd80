import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidTarError, type NamedFile, tar, untar } from '../../models/manifests/tar.ts';

const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
const FILES: NamedFile[] = [
  { name: 'manifest.json', bytes: bytes(700) },
  { name: 'empty.bin', bytes: bytes(0) },
  { name: 'whole.bin', bytes: bytes(1024) },
];

test('the tar of the system unpacks it, and what that packs is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipa-edge-tar-'));
  const run = (...args: string[]) => promisify(execFile)('tar', args, { cwd: folder });
  try {
    await writeFile(join(folder, 'own.tar'), joined(tar('own', FILES)));
    await run('-xf', 'own.tar');
    expect((await readdir(join(folder, 'own'))).sort()).toEqual(FILES.map(({ name }) => name).sort());
    for (const file of FILES)
      expect(new Uint8Array(await readFile(join(folder, 'own', file.name)))).toEqual(file.bytes);
    await run('--format=ustar', '-cf', 'theirs.tar', 'own');
    const theirs = untar(new Uint8Array(await readFile(join(folder, 'theirs.tar'))), 'theirs.tar');
    expect(theirs.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      [...FILES].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what is packed is read again', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 5 }), (contents) => {
      const files = contents.map((content, i) => ({ name: `${i}.bin`, bytes: new Uint8Array(content) }));
      expect(untar(joined(tar('folder', files)), 'it')).toEqual(files);
    }),
  );
});

test('bytes that are changed or cut off are refused or read, and nothing else happens', () => {
  const whole = joined(tar('own', FILES));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(whole.length),
      (edits, length) => {
        const changed = whole.slice(0, length);
        for (const [at, value] of edits) if (at < length) changed[at] = value;
        try {
          untar(changed, 'own.tar');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTarError);
        }
      },
    ),
  );
  expect(() => untar(whole.slice(0, 900), 'own.tar')).toThrow(/own\.tar is not .* the file is cut off/);
  expect(() => untar(bytes(5000), 'own.tar')).toThrow(/byte 0 does not begin/);
  expect(() => untar(new Uint8Array(0), 'own.tar')).toThrow(/the end of the archive is missing/);
});
