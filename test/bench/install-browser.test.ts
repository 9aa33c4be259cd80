import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../workers/command/root.ts';
import { folderOfTest } from '../temporary-folder.ts';

/** Setups of a machine without a browser, on which only root on Debian may install packages. */
const onDebian = test.runIf(process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'));

let folder: string;
beforeEach(() => {
  folder = folderOfTest();
});

/** Looks for a browser where Playwright cannot install one. @param apt what `apt-get install` does, as a line of a shell */
function ensureBrowser(apt: string) {
  const script = `#!/bin/sh\necho "apt-get wrote about $*"\ncase "$*" in install*) ${apt};; esac\n`;
  writeFileSync(join(folder, 'apt-get'), script, { mode: 0o755 });
  const module = pathToFileURL(join(ROOT, 'bench/setup/browser.js')).href;
  const program = `import { ensureBrowser } from '${module}'; console.log(await ensureBrowser(console.error));`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { PATH: folder, PLAYWRIGHT_BROWSERS_PATH: join(folder, 'apt-get/is-no-folder') },
  });
}

const TRIED = [
  "no browser found: installing Playwright's own, which takes a minute or two",
  "Playwright's own could not be installed: installing Debian's chromium and chromium-headless-shell, which takes a minute or two",
  "Debian's chromium and chromium-headless-shell could not be installed: installing Debian's chromium, which takes a minute or two",
];

onDebian(
  'a browser is installed in the first way that works, with one line for each way that was tried',
  () => {
    const chromium = join(folder, 'chromium');
    const { stdout, stderr } = ensureBrowser(
      `case "$*" in *headless-shell) exit 1;; *) : > ${chromium};; esac`,
    );
    expect(stderr.trim().split('\n')).toEqual(TRIED);
    expect(stdout).toBe(`${chromium}\n`);
  },
);

onDebian('if no way works, all that the installers wrote is shown', () => {
  const { status, stderr } = ensureBrowser('echo "no such package" >&2; exit 100');
  expect(stderr.split('\n').slice(0, TRIED.length)).toEqual(TRIED);
  expect(stderr).toMatch(/^Playwright's own could not be installed:\n.*is-no-folder/ms);
  expect(stderr).toMatch(/apt-get wrote about install .*\n.*\nno such package/);
  expect(stderr).toContain('No Chromium or Chrome was found or could be installed. Install Chromium with');
  expect(status).not.toBe(0);
});
