import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Profile, parseProfile } from '../../solver/documents/profile.ts';
import type { JournalEntry } from '../../workers/store/store.ts';
import { writeFewScenes } from '../web/few-scenes.ts';
import { ipaEdge } from './command.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Profiles in a headless browser, does `harm` when a few cells are in the journal, then runs the same command again. */
async function interrupted(harm: (commandPid: number) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'ipa-edge-'));
  folders.push(folder);
  const out = join(folder, 'profile.json');
  const manifest = await writeFewScenes(join(folder, 'models'));
  const args = (budget: string) => [
    ...['profile', '--manifest', manifest, '--backend', 'wasm', '--threads', '1', '--batches', '1,2'],
    ...['--budget', budget, '--out', out],
  ];
  const journals = join(folder, '.ipa-edge', 'journals');
  const journal = (): JournalEntry[] =>
    !existsSync(journals)
      ? []
      : readdirSync(journals).flatMap((file) =>
          readFileSync(join(journals, file), 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as JournalEntry),
        );
  // Most of the budget is left when the harm is done, however fast the machine is.
  const first = await ipaEdge(args('15s'), (child) => {
    const watch = setInterval(() => {
      if (journal().filter(({ kind }) => kind === 'cell').length < 2) return;
      clearInterval(watch);
      harm(child.pid!);
    }, 20);
    child.once('close', () => clearInterval(watch));
  });
  const kept = journal().flatMap((entry) => (entry.kind === 'cell' ? [entry.cell] : []));
  const second = await ipaEdge(args('1s'));
  const profile = parseProfile(JSON.parse(readFileSync(out, 'utf8')), out);
  return { first, kept, second, profile };
}

/** Samples of a cell that the journal had are the first ones of the profile's: it was not measured anew. */
function expectKept(kept: Profile['cells'], profile: Profile): void {
  expect(kept.length).toBeGreaterThanOrEqual(2);
  for (const cell of kept) {
    if (cell.state !== 'measured') continue;
    const { inferenceMs } = profile.cells.find(
      (c) => c.state === 'measured' && c.variant === cell.variant && c.batch === cell.batch,
    ) as typeof cell;
    expect(inferenceMs.slice(0, cell.inferenceMs.length)).toEqual(cell.inferenceMs);
  }
}

test('a profile stopped by Ctrl-C exits 130 and the same command goes on from its cells', async () => {
  const { first, kept, second, profile } = await interrupted((pid) => process.kill(pid, 'SIGINT'));
  expect(first.stderr).toContain('Finished measurements are kept');
  expect(first.code).toBe(130);
  expect(second.code).toBe(0);
  expectKept(kept, profile);
});

test('a profile whose browser was killed fails clearly and the same command goes on from its cells', async () => {
  const { first, kept, second, profile } = await interrupted((pid) => {
    const browser = execFileSync('pgrep', ['-P', String(pid), '-f', 'headless'], { encoding: 'utf8' });
    // The browser's command may be a script that starts the browser: both are in one group.
    process.kill(-Number(browser.trim().split('\n')[0]), 'SIGKILL');
  });
  expect(first.stderr).toContain('The browser crashed or was closed while it was working');
  expect(first.code).toBe(1);
  expect(second.code).toBe(0);
  expectKept(kept, profile);
});
