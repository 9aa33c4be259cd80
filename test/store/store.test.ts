import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { exitCodeOf } from '../../solver/documents/coded-error.ts';
import { writeWhole } from '../../workers/command/files.ts';
import { exportProfile, identify, importProfile } from '../../workers/store/exchange.ts';
import { openFileStore } from '../../workers/store/node.ts';
import { StoreFullError, StoreUnavailableError } from '../../workers/store/store.ts';
import { refuseTruncate } from '../refuse-truncate.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { describeStore } from './conformance.ts';
import { cellEntry, profile } from './documents.ts';

let folder: string;
beforeEach(() => {
  folder = folderOfTest();
});

/** Makes the next append by a file handle write half of its text and then find the disk full. */
async function failAppend(): Promise<void> {
  const handle = await open(import.meta.filename);
  const spy = vi
    .spyOn(Object.getPrototypeOf(handle) as FileHandle, 'appendFile')
    .mockImplementationOnce(async function (this: FileHandle, text) {
      await this.writeFile(String(text).slice(0, String(text).length / 2));
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    });
  onTestFinished(() => spy.mockRestore());
  await handle.close();
}

describe('a store in files', () => {
  describeStore(() => openFileStore(folder));

  const journal = () => join(folder, 'journals', 'journal.jsonl');

  it('says where it cannot be opened, and why', async () => {
    const file = join(folder, 'a-file');
    await appendFile(file, '');
    const refused = openFileStore(join(file, 'in-it'));
    await expect(refused).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(refused).rejects.toThrow(`No store can be opened in the folder ${join(file, 'in-it')}: `);
    await expect(openFileStore(5 as unknown as string)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('lists the other profiles where another process deletes one meanwhile', async () => {
    const store = await openFileStore(folder);
    const entry = await store.saveProfile(await identify(profile('2026-01-01T00:00:00Z')));
    // The folder lists a link to nothing, but its file cannot be read, as where a profile has just been deleted.
    await symlink(join(folder, 'gone'), join(folder, 'profiles', 'gone.json'));
    expect(await store.listProfiles()).toEqual([entry]);
    store.close();
  });

  it('ignores and then removes the line that a crash tore', async () => {
    const before = await openFileStore(folder);
    await before.append('journal', cellEntry(1));
    before.close();
    await appendFile(journal(), '{"kind":"cell","cel');
    const after = await openFileStore(folder);
    expect(await after.readJournal('journal')).toEqual([cellEntry(1)]);
    await after.append('journal', cellEntry(2));
    expect(await after.readJournal('journal')).toEqual([cellEntry(1), cellEntry(2)]);
    expect((await readFile(journal(), 'utf8')).split('\n')).toHaveLength(3);
    after.close();
  });

  it('removes a torn line on Windows, too', async () => {
    await refuseTruncate();
    await mkdir(join(folder, 'journals'));
    await writeFile(journal(), '{"kind":"cell","cel');
    const store = await openFileStore(folder);
    await store.append('journal', cellEntry(1));
    expect(await store.readJournal('journal')).toEqual([cellEntry(1)]);
    store.close();
  });

  it('removes what was written of a line when the disk became full, on Windows, too', async () => {
    await refuseTruncate();
    const store = await openFileStore(folder);
    await store.append('journal', cellEntry(1));
    await failAppend();
    await expect(store.append('journal', cellEntry(2))).rejects.toThrow(StoreFullError);
    await store.append('journal', cellEntry(3));
    expect(await store.readJournal('journal')).toEqual([cellEntry(1), cellEntry(3)]);
    store.close();
  });

  it.each<[what: string, change: () => Promise<unknown>]>([
    ['adds to a journal', async () => (await openFileStore(folder)).append('journal', cellEntry(2))],
    ['deletes a journal', async () => (await openFileStore(folder)).deleteJournal('journal')],
  ])('refuses further entries after another process %s that it has read', async (_, change) => {
    const store = await openFileStore(folder);
    await store.append('journal', cellEntry(1));
    const other = await openFileStore(folder);
    await other.readJournal('journal');
    await change();
    for (const one of [store, other])
      await expect(one.append('journal', cellEntry(4))).rejects.toThrow(
        `Another process measures the same profile: it has changed ${journal()}`,
      );
  });

  it('names the line of a journal that is damaged elsewhere', async () => {
    const store = await openFileStore(folder);
    await store.append('journal', cellEntry(1));
    await appendFile(journal(), 'x\n');
    await expect(store.readJournal('journal')).rejects.toThrow(
      /journal\.jsonl, line 2 is not valid.*Delete this line/s,
    );
    store.close();
  });

  it('leaves no half-written profile behind', async () => {
    const store = await openFileStore(folder);
    const { id } = await store.saveProfile(await identify(profile('2026-01-01T00:00:00Z')));
    expect(await readdir(join(folder, 'profiles'))).toEqual([`${id}.json`]);
    await writeFile(join(folder, 'profiles', 'half.json.part'), '{');
    expect(await store.listProfiles()).toHaveLength(1);
    store.close();
  });

  it.runIf(process.platform === 'linux')('holds no file open between entries', async () => {
    const store = await openFileStore(folder);
    await store.append('journal', cellEntry(1));
    const held = await Promise.all(
      (await readdir('/proc/self/fd')).map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')),
    );
    expect(held).not.toContain(journal());
    await store.append('journal', cellEntry(2));
    expect(await store.readJournal('journal')).toEqual([cellEntry(1), cellEntry(2)]);
  });

  it.runIf(process.platform === 'linux')('says so when the disk is full', async () => {
    const store = await openFileStore(folder);
    await symlink('/dev/full', journal());
    const full = store.append('journal', cellEntry(1));
    await expect(full).rejects.toThrow(StoreFullError);
    await expect(full).rejects.toThrow(`no room left in ${join(folder, 'journals')}`);
    await store.append('other', cellEntry(1));
    expect(await store.readJournal('other')).toEqual([cellEntry(1)]);
    store.close();
  });

  it.runIf(process.platform === 'linux')(
    'ends a command with the exit code of an --out on a full disk when the disk is full',
    async () => {
      const store = await openFileStore(folder);
      await symlink('/dev/full', journal());
      const [full, out] = await Promise.all(
        [store.append('journal', cellEntry(1)), writeWhole('/dev/full', 'a plan')].map((written) =>
          written.catch(exitCodeOf),
        ),
      );
      expect(full).toBe(out);
      store.close();
    },
  );
});

describe('an exported profile', () => {
  it('comes back the same, byte for byte', () => {
    const text = exportProfile(profile('2026-01-01T00:00:00Z'));
    expect(exportProfile(importProfile(text, 'text'))).toBe(text);
    expect(importProfile(text, 'text')).toEqual(profile('2026-01-01T00:00:00Z'));
  });

  it('is refused when it is of another version, or not whole', () => {
    const text = exportProfile(profile('2026-01-01T00:00:00Z'));
    expect(() => importProfile(text.replace('profile@1', 'profile@9'), 'mine.json')).toThrow(
      /mine\.json has "schema": "ipa-edge\/profile@9"/,
    );
    expect(() => importProfile(text.slice(0, -9), 'mine.json')).toThrow(/expected JSON/);
    expect(() => importProfile({} as string, 'mine')).toThrow(
      'mine is not valid:\n  (root): expected the text of a JSON document, found {}',
    );
    expect(() => importProfile(text.replace('"warmupRuns":4', '"warmupRuns":-4'), 'mine.json')).toThrow(
      /cells\[0\]\.warmupRuns: .*found -4/,
    );
  });
});
