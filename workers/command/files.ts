import { randomUUID } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { isHidden } from '../../models/hub/given/given-file.ts';
import { joinAtMost } from '../../models/manifests/at-most.ts';
import { fileProblem, unreadableText } from '../../models/manifests/file-problem.ts';
import { jsonValue } from '../../solver/documents/document.ts';
import { makeFolder } from '../store/folder.ts';
import { UsageError } from './exit.ts';

/** At most this many bytes of JSON text are read, so that neither a device nor a small gzipped file can fill the memory. */
const TEXT_BYTES_MAX = 500_000_000;

/** Whether two paths name one file, also through links. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => realpath(path).catch(() => resolve(path))));
  return one === other;
}

/**
 * Reads and parses a JSON file, which may be gzipped; `-` is standard input.
 * @param parse gets the name of the source too, for its errors
 * @throws UsageError, InvalidDocumentError
 */
export async function readJson<T>(
  path: string,
  parse: (value: unknown, source: string) => T | Promise<T>,
): Promise<T> {
  const isStdin = path === '-';
  const source = isStdin ? 'standard input' : path;
  const text = await textOf(isStdin ? process.stdin : chunksOfFile(path)).catch((cause) => {
    throw new UsageError(unreadableText(source, cause), { cause });
  });
  return parse(jsonValue(text, source), source);
}

/**
 * The chunks of a file. The file is opened when the first chunk is asked for, so an invalid path fails in the same way as a
 * missing file.
 * @param signal ends the wait for what a pipe brings
 */
export async function* chunksOfFile(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if ((await stat(path)).isFIFO()) yield* chunksOfPipe(path, signal);
  else yield* createReadStream(path, { highWaterMark: 2 ** 20 });
}

/** The chunks of a pipe, which may not have a writer yet. No thread of Node's is blocked meanwhile: see {@link openForReader}. */
async function* chunksOfPipe(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const pipe = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) });
  if (signal) addAbortSignal(signal, pipe);
  try {
    yield* pipe;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = await joinAtMost(chunks, TEXT_BYTES_MAX);
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return new TextDecoder().decode(gzipped ? gunzipSync(bytes, { maxOutputLength: TEXT_BYTES_MAX }) : bytes);
}

/** Reads a file; rejects if the file has more than `mostBytes` bytes. */
export const readAtMost = (path: string, mostBytes: number): Promise<Uint8Array> =>
  joinAtMost(chunksOfFile(path), mostBytes);

/**
 * The paths of the files in a folder and its subfolders; each path begins with `folder`. Links count as what they lead to; links
 * that cannot be followed are left out. Each folder is listed once: by its own path, or else by the first link to it.
 * @param recursive whether to list the files in subfolders, too; then hidden files and folders are left out
 */
export async function filesIn(folder: string, recursive = true): Promise<string[]> {
  const files: string[] = [];
  const listed = new Set<string>();
  // Linked folders come after all others, so that a folder with a path of its own is listed by that path.
  const linked = [folder];
  const addFrom = async (inner: string) => {
    const real = await realpath(inner);
    if (listed.has(real)) return;
    listed.add(real);
    const entries = await readdir(inner, { withFileTypes: true });
    // File systems list files in any order, so the files are sorted: the same folder gives the same list everywhere.
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (recursive && isHidden(entry.name)) continue;
      const path = `${inner}/${entry.name}`;
      const isLink = entry.isSymbolicLink();
      const found = isLink ? await stat(path).catch(() => null) : entry;
      if (found?.isFile()) files.push(path);
      else if (!found?.isDirectory() || !recursive) continue;
      else if (isLink) linked.push(path);
      else await addFrom(path);
    }
  };
  for (const one of linked) await addFrom(one);
  return files;
}

/**
 * Writes a file as a whole or not at all, even if the power fails meanwhile, after making its folder. If the path is a link, the
 * target of the link is replaced. A device or a pipe is written to directly.
 * @throws UsageError
 */
export const writeWhole = (path: string, content: string | Uint8Array): Promise<void> =>
  writing(path, async ({ target, replaced }) => {
    if (replaced) return withPart(target, content, (part) => rename(part, target));
    // `writeFile` opens the pipe, too. That does not block, because the first opening has found a reader.
    const held = await openForReader(target);
    await writeFile(target, content).finally(() => held.close());
  });

/** How often {@link openForReader} looks for a reader. */
const READER_EVERY_MS = 100;

/**
 * Opens a device, or a pipe as soon as it has a reader. An opening that blocks until then would hold one of Node's threads, and
 * Node cannot end the process, even at a second Ctrl-C, while such a thread is blocked.
 */
async function openForReader(path: string): Promise<FileHandle> {
  for (;;) {
    const opened = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error) => {
      if (error.code !== 'ENXIO') throw error;
    });
    if (opened) return opened;
    await setTimeout(READER_EVERY_MS);
  }
}

/** Checks before long work that {@link writeWhole} can write a file, and leaves the file as it is. @throws UsageError */
export const checkWritable = (path: string): Promise<void> =>
  writing(path, async ({ target, replaced }) => {
    if (replaced) await withPart(target, '', (part) => rm(part));
    else await access(target, constants.W_OK);
  });

/** The file that a path leads to, and whether a new file replaces it, which a device or a pipe does not allow. */
interface Target {
  readonly target: string;
  readonly replaced: boolean;
}

async function writing(path: string, write: (target: Target) => Promise<void>): Promise<void> {
  try {
    await makeFolder(dirname(path));
    const existing = await stat(path).catch(() => null);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    const replaced = existing === null || existing.isFile();
    await write({ target: existing?.isFile() ? await realpath(path) : path, replaced });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // A file to write need not exist yet, so this code means that its folder takes no files.
    const why = code === 'ENOENT' ? 'no file can be made there' : fileProblem(cause);
    throw new UsageError(`${path} cannot be written: ${why}`, { cause });
  }
}

/** Writes a new file beside the file at `path`, and passes the new file's path to `then`. After an error it removes that file. */
async function withPart(
  path: string,
  content: string | Uint8Array,
  then: (part: string) => Promise<void>,
): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    // `wx` fails, instead of following a link that somebody else has put there.
    await writeFile(part, content, { flag: 'wx', flush: true });
    await then(part);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value)}\n`);
