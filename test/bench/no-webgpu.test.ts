import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findBrowser } from '../../bench/setup/browser.js';
import { parseProfile } from '../../solver/documents/profile.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { writeFewScenes } from '../web/few-scenes.ts';
import { ipaEdge } from './command.ts';

/** Runs the commands with a browser that gives no WebGPU adapter, like plain Chromium without a GPU. */

/** A browser that ignores the flags by which the commands ask for WebGPU. */
const WITHOUT_ADAPTER = (browser: string) => `#!/bin/sh
for argument do
  shift
  case "$argument" in
    --use-webgpu-adapter=*|--enable-unsafe-webgpu) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec '${browser}' "$@" --disable-gpu
`;

const folder = folderOfFile();
let manifest: string;

beforeAll(async () => {
  const path = join(folder, 'chromium');
  writeFileSync(path, WITHOUT_ADAPTER((await findBrowser())!));
  chmodSync(path, 0o755);
  manifest = await writeFewScenes(join(folder, 'models'));
});

const profile = (...more: string[]) =>
  ipaEdge(
    [
      'profile',
      '--manifest',
      manifest,
      '--batches',
      '1',
      '--budget',
      '1s',
      '--out',
      join(folder, 'p.json'),
      ...more,
    ],
    undefined,
    { CHROME_PATH: join(folder, 'chromium') },
  );

test('profile measures wasm by itself, and one line says why', async () => {
  const { code, stderr } = await profile();
  expect(stderr).toMatch(/^webgpu is not available: .+\. Going on with wasm\.$/m);
  expect(code).toBe(0);
  const { cells, device } = parseProfile(JSON.parse(readFileSync(join(folder, 'p.json'), 'utf8')), 'p.json');
  expect(new Set(cells.map(({ backend }) => backend))).toEqual(new Set(['wasm']));
  expect(device.adapter).toBeNull();
});

test('a backend that was asked for by name is refused', async () => {
  const { code, stderr } = await profile('--backend', 'webgpu');
  expect(code).toBe(2);
  expect(stderr).toMatch(/webgpu is not available: .+\. Choose another with --backend\./);
});
