import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidDocumentError } from '../../solver/documents/document.ts';
import { UsageError } from './exit.ts';

/**
 * Reads and parses a JSON file; `-` is standard input.
 * @param parse gets the path too, to name the file in its errors
 * @throws UsageError, InvalidDocumentError
 */
export async function readJson<T>(
  path: string,
  parse: (value: unknown, source: string) => T | Promise<T>,
): Promise<T> {
  const text = await (path === '-' ? readStdin() : readFile(path, 'utf8')).catch((cause) => {
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidDocumentError(path, [`(root): expected JSON, found ${(cause as Error).message}`]);
  }
  return parse(value, path);
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
}

/** Writes a file as a whole or not at all, and makes its folder. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value)}\n`);
