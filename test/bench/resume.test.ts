import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parseProfile } from '../../solver/documents/profile.ts';
import type { JournalEntry } from '../../workers/store/exchange.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { writeFewScenes } from '../web/few-scenes.ts';
import { ipaEdge, onceTrue } from './command.ts';

let folder: string;
const out = () => join(folder, 'profile.json');

beforeEach(async () => {
  folder = folderOfTest();
  await writeFewScenes(join(folder, 'models'));
});

/** The journal of the unfinished profile; empty where there is none. */
function journal(): JournalEntry[] {
  const journals = join(folder, '.ipa-edge', 'journals');
  if (!existsSync(journals)) return [];
  return readdirSync(journals).flatMap((file) =>
    readFileSync(join(journals, file), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as JournalEntry),
  );
}

const keptCells = () => journal().flatMap((entry) => (entry.kind === 'cell' ? [entry.cell] : []));

/** Profiles in a headless browser. */
function profile(budget: string, meanwhile?: Parameters<typeof ipaEdge>[1]) {
  const manifest = join(folder, 'models/manifest.json');
  return ipaEdge(
    [
      ...['profile', '--manifest', manifest, '--backend', 'wasm', '--threads', '1', '--batches', '1,2'],
      ...['--budget', budget, '--out', out()],
    ],
    meanwhile,
  );
}

test('the same command goes on from the cells of a profile that Ctrl-C stopped, and of one whose browser was killed', async () => {
  // The budget is so long that, even on a fast machine, most of it is left when the profile is interrupted.
  const interrupted = (cells: number, harm: (child: ChildProcess) => void) =>
    profile(
      '15s',
      onceTrue(() => keptCells().length >= cells, harm),
    );

  const stopped = await interrupted(2, (child) => child.kill('SIGINT'));
  expect(stopped.stderr).toContain('Finished measurements are kept');
  expect(stopped.code).toBe(130);
  const before = keptCells().length;
  expect(before).toBeGreaterThanOrEqual(2);

  const killed = await interrupted(before + 1, ({ pid }) => {
    const browser = execFileSync('pgrep', ['-P', String(pid), '-f', 'headless'], { encoding: 'utf8' });
    // The browser's command may be a script that starts the browser: both are in one group.
    process.kill(-Number(browser.trim().split('\n')[0]), 'SIGKILL');
  });
  expect(killed.stderr).toContain('The browser crashed or was closed while it was working');
  expect(killed.code).toBe(1);
  const kept = keptCells();
  expect(kept.length).toBeGreaterThan(before);

  expect((await profile('1s')).code).toBe(0);
  const { cells } = parseProfile(JSON.parse(readFileSync(out(), 'utf8')), out());
  for (const cell of kept) {
    if (cell.state !== 'measured') continue;
    const { inferenceMs } = cells.find(
      (c) => c.state === 'measured' && c.variant === cell.variant && c.batch === cell.batch,
    ) as typeof cell;
    // The cell's first samples are those of the journal: it was not measured anew.
    expect(inferenceMs.slice(0, cell.inferenceMs.length)).toEqual(cell.inferenceMs);
  }
});
