import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { joinAtMost } from '../../models/manifests/at-most.ts';
import { fileProblem } from '../../models/manifests/file-problem.ts';
import { jsonValue } from '../../solver/documents/document.ts';
import { UsageError } from './exit.ts';

/** Largest JSON text that a gzipped file may hold, so that a small file cannot fill the memory. */
const TEXT_BYTES_MOST = 2 ** 29;

/**
 * Reads and parses a JSON file, which may be gzipped; `-` is standard input.
 * @param parse gets the path too, to name the file in its errors
 * @throws UsageError, InvalidDocumentError
 */
export async function readJson<T>(
  path: string,
  parse: (value: unknown, source: string) => T | Promise<T>,
): Promise<T> {
  const text = await (path === '-' ? readStdin() : readText(path)).catch((cause) => {
    throw new UsageError(`${path} cannot be read: ${fileProblem(cause)}`, { cause });
  });
  return parse(jsonValue(text, path), path);
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (gzipped ? gunzipSync(bytes, { maxOutputLength: TEXT_BYTES_MOST }) : bytes).toString();
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
}

/** Reads a file; rejects where it has more than `mostBytes`. */
export const readAtMost = (path: string, mostBytes: number): Promise<Uint8Array> =>
  joinAtMost(createReadStream(path, { highWaterMark: 2 ** 20 }), mostBytes);

/**
 * Writes a file as a whole or not at all, after making its folder. It replaces the target of a link, and writes into a device
 * or a pipe.
 * @throws UsageError
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const existing = await stat(path).catch(() => null);
    if (existing && !existing.isFile()) await writeFile(path, content);
    else await replaceFile(existing ? await realpath(path) : path, content);
  } catch (cause) {
    throw new UsageError(`${path} cannot be written: ${fileProblem(cause)}`, { cause });
  }
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    // `wx` fails, instead of following a link that somebody else has put there.
    await writeFile(part, content, { flag: 'wx' });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value)}\n`);
