import { execFileSync } from 'node:child_process';
import {
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
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { fileProblem } from '../../../models/manifests/file-problem.ts';
import { UsageError } from '../../../workers/command/exit.ts';
import { checkWritable, filesIn, readAtMost, readJson, writeWhole } from '../../../workers/command/files.ts';
import { outFile, outFolder } from '../../../workers/command/options.ts';
import { fileReader } from '../../../workers/hub/reader.ts';
import { folderOfTest } from '../../temporary-folder.ts';

let folder: string;
const path = (name: string) => join(folder, name);

beforeEach(() => {
  folder = folderOfTest();
});

/** Makes one pipe more than Node has threads for files. */
function morePipesThanThreads(): string[] {
  const more = Number(process.env.UV_THREADPOOL_SIZE ?? 4) + 1;
  const pipes = Array.from({ length: more }, (_, i) => path(`pipe${i}`));
  execFileSync('mkfifo', pipes);
  return pipes;
}

describe('writeWhole', () => {
  it('makes folders, replaces a file, and leaves no other behind', async () => {
    await writeWhole(path('new/file.json'), 'first');
    await writeWhole(path('new/file.json'), 'second');
    expect(await readFile(path('new/file.json'), 'utf8')).toBe('second');
    expect(await readdir(path('new'))).toEqual(['file.json']);
  });

  it('has the content on the disk before it replaces a file', async () => {
    await writeFile(path('file.json'), 'old');
    const handle = await open(path('file.json'));
    const found: string[] = [];
    const sync = vi
      .spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync')
      .mockImplementation(async () => {
        found.push(await readFile(path('file.json'), 'utf8'));
      });
    onTestFinished(() => sync.mockRestore());
    await handle.close();
    await writeWhole(path('file.json'), 'new');
    expect(found).toEqual(['old']);
  });

  it('writes to the file behind a link and keeps the link', async () => {
    await writeFile(path('target'), 'old');
    await symlink('target', path('link'));
    await writeWhole(path('link'), 'new');
    expect(await readFile(path('target'), 'utf8')).toBe('new');
    expect(await readlink(path('link'))).toBe('target');
  });

  it('writes to a device and does not replace it', async () => {
    await symlink('/dev/null', path('null'));
    await writeWhole(path('null'), 'gone');
    expect(await readlink(path('null'))).toBe('/dev/null');
    expect(await readdir(folder)).toEqual(['null']);
  });

  it.skipIf(process.platform === 'win32')(
    'holds no thread of Node while pipes have no readers, so that the process can end',
    async () => {
      const pipes = morePipesThanThreads();
      const written = pipes.map((pipe) => writeWhole(pipe, `for ${pipe}`));
      for (const pipe of pipes) expect(await readFile(pipe, 'utf8')).toBe(`for ${pipe}`);
      await Promise.all(written);
    },
  );

  it('follows no link at the place of its temporary file', async () => {
    await writeFile(path('victim'), 'mine');
    await symlink('victim', path('out.json.part'));
    await writeWhole(path('out.json'), 'text');
    expect(await readFile(path('victim'), 'utf8')).toBe('mine');
  });

  it('says what cannot be written', async () => {
    await expect(writeWhole(folder, 'text')).rejects.toThrow(UsageError);
    await expect(writeWhole(folder, 'text')).rejects.toThrow(
      `${folder} cannot be written: it is a folder, not a file`,
    );
    await writeFile(path('file'), '');
    await expect(writeWhole(path('file/inside'), 'text')).rejects.toThrow(
      'a part of its path is a file, not a folder',
    );
  });

  it('says that a path is too long', async () => {
    const long = path('x'.repeat(300));
    await expect(writeWhole(long, 'text')).rejects.toThrow(`${long} cannot be written: its path is too long`);
  });

  it.skipIf(process.platform !== 'linux')('ends where no folder can be made, as in /proc', async () => {
    await expect(writeWhole('/proc/new/file', 'text')).rejects.toThrow(
      '/proc/new/file cannot be written: no file can be made there',
    );
  });
});

test('a file is known to be writable before it is written, and stays as it is', async () => {
  await writeFile(path('file'), 'old');
  for (const name of ['file', 'new/file']) await checkWritable(path(name));
  await checkWritable('/dev/null');
  expect([await readFile(path('file'), 'utf8'), await readdir(path('new'))]).toEqual(['old', []]);
  await expect(checkWritable(path('file/inside'))).rejects.toThrow('cannot be written: a part of its path');
  await expect(checkWritable(path('new'))).rejects.toThrow('cannot be written: it is a folder, not a file');
});

describe('readJson', () => {
  const read = (name: string) => readJson(path(name), (value) => value);

  it('reads JSON, gzipped or not', async () => {
    await writeFile(path('plain.json'), '{"a": 1}');
    await writeFile(path('packed.json'), gzipSync('{"a": 1}'));
    expect([await read('plain.json'), await read('packed.json')]).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it('says what cannot be read', async () => {
    await expect(read('none.json')).rejects.toThrow(UsageError);
    await expect(read('\0')).rejects.toThrow(UsageError);
    await expect(readJson('/dev/zero', (value) => value)).rejects.toThrow('more than the 500000000 bytes');
  });

  it('says of a gzipped file that it is cut off, or damaged', async () => {
    const packed = gzipSync('{"a": 1}');
    await writeFile(path('cut.json'), packed.subarray(0, -9));
    await expect(read('cut.json')).rejects.toThrow(
      'it is gzipped and ends too early: the file may be cut off',
    );
    packed[12]! ^= 0xff;
    await writeFile(path('damaged.json'), packed);
    await expect(read('damaged.json')).rejects.toThrow(
      'damaged.json cannot be read: it is gzipped and damaged',
    );
  });

  it('says of a gzipped file that it is too large when it is unpacked', () => {
    const unpack = () => gunzipSync(gzipSync('{"a": 1}'), { maxOutputLength: 1 });
    expect(unpack).toThrow(
      expect.toSatisfy((cause) => fileProblem(cause) === 'unpacked, it has more bytes than are expected'),
    );
  });
});

describe('readAtMost', () => {
  it('reads a file that has no more bytes than are expected', async () => {
    await writeFile(path('file'), 'abc');
    expect(Buffer.from(await readAtMost(path('file'), 3))).toEqual(Buffer.from('abc'));
    await expect(readAtMost(path('file'), 2)).rejects.toThrow('more than the 2 bytes');
  });

  it.skipIf(process.platform === 'win32')(
    'holds no thread of Node while pipes have no writers, so that the process can end',
    async () => {
      const pipes = morePipesThanThreads();
      const reading = pipes.map((pipe) => readAtMost(pipe, 9));
      for (const pipe of pipes) await writeWhole(pipe, 'abc');
      expect((await Promise.all(reading)).map((bytes) => Buffer.from(bytes).toString())).toEqual(
        pipes.map(() => 'abc'),
      );
    },
  );

  it.skipIf(process.platform === 'win32')('ends at an abort while a pipe has no writer', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    const controller = new AbortController();
    const reading = fileReader(controller.signal)(path('pipe'), 9);
    controller.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
  });

  it('ends at a device that gives bytes without end', async () => {
    await expect(readAtMost('/dev/zero', 2 ** 20)).rejects.toThrow('more than the 1048576 bytes');
  });
});

describe('filesIn', () => {
  it('lists what links lead to, wherever in the folder they lie, and leaves out links that cannot be followed', async () => {
    await mkdir(path('stored/inner'), { recursive: true });
    await writeFile(path('stored/inner/a'), '');
    await mkdir(path('given'));
    await writeFile(path('given/b'), '');
    await symlink('../stored', path('given/folder'));
    await symlink('../stored/inner', path('given/again'));
    await symlink('b', path('given/c'));
    await symlink('nothing', path('given/d'));
    await symlink('b/nothing', path('given/e'));
    const all = ['again/a', 'b', 'c'];
    expect((await filesIn(path('given'))).sort()).toEqual(all.map((name) => path(`given/${name}`)));
    expect((await filesIn(path('given'), false)).sort()).toEqual([path('given/b'), path('given/c')]);
  });

  it('leaves out what systems and tools hide in a folder, unless the folder itself is hidden', async () => {
    await mkdir(path('.given/.cache'), { recursive: true });
    for (const name of ['model.onnx', '._model.onnx', '.DS_Store', 'Thumbs.db', '.cache/config.json'])
      await writeFile(path(`.given/${name}`), '');
    expect(await filesIn(path('.given'))).toEqual([path('.given/model.onnx')]);
  });

  it('ends where links lead in a circle', async () => {
    await mkdir(path('outer/inner'), { recursive: true });
    await writeFile(path('outer/inner/a'), '');
    await symlink('..', path('outer/inner/back'));
    await symlink('self', path('outer/self'));
    expect(await filesIn(path('outer'))).toEqual([path('outer/inner/a')]);
  });

  it('lists a folder once, by its own path if it lies in the given folder, however many links lead to it', async () => {
    const names = ['p', 'q', 'r', 's'];
    for (const name of names) {
      await mkdir(path(`given/${name}`), { recursive: true });
      await writeFile(path(`given/${name}/file`), '');
      for (const other of names)
        if (other !== name) await symlink(`../${other}`, path(`given/${name}/${other}`));
    }
    await symlink('s', path('given/first'));
    expect(await filesIn(path('given'))).toEqual(names.map((name) => path(`given/${name}/file`)));
  });
});

it('an option for a file refuses a folder or an empty path before anything is done', async () => {
  expect(() => outFile('')).toThrow('Expected the path of a file, found nothing.');
  await mkdir(path('folder'));
  for (const name of ['folder', 'new/', 'new\\'])
    expect(() => outFile(path(name))).toThrow('Expected the path of a file, found a folder.');
  expect(outFile(path('new.json'))).toBe(path('new.json'));
});

it('an option for a folder refuses a file or an empty path before anything is done', async () => {
  expect(() => outFolder('')).toThrow('Expected the path of a folder, found nothing.');
  await writeFile(path('file'), '');
  expect(() => outFolder(path('file'))).toThrow('Expected the path of a folder, found a file.');
  expect(outFolder(path('new'))).toBe(path('new'));
});
