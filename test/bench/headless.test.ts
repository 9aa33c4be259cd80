import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Headless } from '../../bench/runner/headless.ts';
import { openRunner } from '../../bench/runner/runner.ts';
import { constantLoad, type Load } from '../../workers/executor/load.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { FASHION, loadFashion } from '../workers/fashion.ts';
import { handPlan } from '../workers/hand-plan.ts';

/** Opens a headless browser with the shipped pipeline. @returns the browser, and the controller that stops its work */
async function open(onProgress = () => {}) {
  const controller = new AbortController();
  const { signal } = controller;
  const options = { manifestPath: FASHION, store: new MemoryStore(), signal, onProgress };
  const headless = await Headless.open(options);
  onTestFinished(() => headless.close());
  return { headless, controller };
}

test('a profile that is stopped before it begins is not measured', async () => {
  const { headless, controller } = await open();
  controller.abort(new Error('stopped by Ctrl-C'));
  const settings = { backends: ['wasm'] as const, threads: [1], batches: [1], budgetS: 1, seed: 1 };
  await expect(headless.profile(settings)).rejects.toThrow('stopped by Ctrl-C');
});

test('timing operators that is stopped on the way rejects with the reason of the stop', async () => {
  const { headless, controller } = await open();
  const key = { stage: 'detect', variant: 'det4', backend: 'wasm', threads: 1, batch: 1 } as const;
  const asked = headless.operators(key);
  controller.abort(new Error('stopped by Ctrl-C'));
  await expect(asked).rejects.toThrow('stopped by Ctrl-C');
});

/** A run of the plan with both stages in one worker on wasm. */
async function runOf(load: Load) {
  const plan = handPlan(await loadFashion(), { backend: 'wasm', workers: [['detect', 'classify']] });
  return { name: 'plan', plan, backends: ['wasm' as const], load, seed: 1 };
}

test('a run that is stopped before its first request rejects with the reason of the stop', async () => {
  const { headless, controller } = await open();
  const asked = headless.run(await runOf(constantLoad(1, 600, 1)));
  controller.abort(new Error('stopped by Ctrl-C'));
  await expect(asked).rejects.toThrow('stopped by Ctrl-C');
});

test('each run has a page of its own, so that no code that earlier work ran is optimised meanwhile', async () => {
  let browser: Browser | undefined;
  whenLaunched((one) => {
    browser = one;
  });
  const { headless } = await open();
  const newPage = vi.spyOn(browser!, 'newPage');
  const run = await runOf(constantLoad(5, 1, 1));
  const reports = [await headless.run(run), await headless.run(run)];
  expect(reports.map(({ requests }) => requests.length)).toEqual(Array(2).fill(run.load.arrivalsMs.length));
  expect(newPage).toHaveBeenCalledTimes(2);
  expect(browser!.contexts().flatMap((context) => context.pages())).toHaveLength(1);
});

/** Calls `change` with the next browser that is launched. */
function whenLaunched(change: (browser: Browser) => void): void {
  const launch = chromium.launch.bind(chromium);
  const launched = vi.spyOn(chromium, 'launch').mockImplementation(async (options) => {
    const browser = await launch(options);
    change(browser);
    return browser;
  });
  onTestFinished(() => launched.mockRestore());
}

test('a browser whose page does not open is closed', async () => {
  let browser: Browser | undefined;
  whenLaunched((one) => {
    browser = one;
    vi.spyOn(one, 'newPage').mockRejectedValue(new Error('no page'));
  });
  await expect(open()).rejects.toThrow('no page');
  expect(browser!.isConnected()).toBe(false);
});

test('a browser that is lost while its page opens is told as lost, though Playwright may not answer any more', async () => {
  whenLaunched((browser) => {
    vi.spyOn(browser, 'newPage').mockImplementation(async () => {
      await browser.close();
      return new Promise(() => {});
    });
  });
  await expect(open()).rejects.toThrow('The browser crashed or was closed');
});

test('a page that crashes before it is there is told as lost', async () => {
  whenLaunched((browser) => {
    vi.spyOn(browser, 'newPage').mockRejectedValue(new Error('browser.newPage: Target crashed '));
  });
  await expect(open()).rejects.toThrow('The browser crashed or was closed');
});

test.each([
  [
    'error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory',
    'libnss3.so: cannot open shared object file: No such file or directory. Mend that, install Chromium with npx',
  ],
  [
    '[1:1:1201/204606.9:ERROR:dbus/bus.cc:405] no bus\n[1:1:1201/204607.3:FATAL:zygote.cc:1] No usable sandbox!\nlast',
    'does not start: No usable sandbox. Mend that, install Chromium with npx playwright install --with-deps chromium, or set',
  ],
])(
  'a browser that does not start is told with what it wrote itself, and with the remedy',
  async (wrote, told) => {
    const path = join(folderOfTest(), 'browser.sh');
    await writeFile(path, `#!/bin/sh\nprintf '${wrote}\\n' >&2\nexit 1\n`, { mode: 0o755 });
    vi.stubEnv('CHROME_PATH', path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const problem = await open().catch((error) => error);
    expect(problem).toMatchObject({ name: 'BrowserStartError', message: expect.stringContaining(told) });
    expect(problem.message).not.toContain('<launching>');
  },
);

test('a browser that does not start without a temporary folder is told with the remedy', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(open()).rejects.toThrow(
    /does not start: ENOENT.*Name a folder that this user can write in TMPDIR\.$/,
  );
});

test('a page that crashes while it opens is told as lost', async () => {
  whenLaunched((browser) => {
    const newPage = browser.newPage.bind(browser);
    vi.spyOn(browser, 'newPage').mockImplementation(async () => {
      const page = await newPage();
      const { goto } = page;
      page.goto = () => goto.call(page, 'chrome://crash');
      return page;
    });
  });
  await expect(open()).rejects.toThrow('The browser crashed or was closed');
});

test('a page that crashes during its run is told as lost', async () => {
  let crash = () => {};
  whenLaunched((browser) => {
    const newPage = browser.newPage.bind(browser);
    vi.spyOn(browser, 'newPage').mockImplementation(async () => {
      const page = await newPage();
      crash = () => void page.goto('chrome://crash').catch(() => {});
      return page;
    });
  });
  const { headless } = await open(() => crash());
  const run = await runOf(constantLoad(1, 600, 1));
  await expect(headless.run(run)).rejects.toThrow('The browser crashed or was closed');
});

test('a plan on webgpu that was measured in Node runs there, and one that was measured in a browser in a browser', async () => {
  const opened = vi.spyOn(Headless, 'open').mockRejectedValue(new Error('a browser was asked for'));
  onTestFinished(() => opened.mockRestore());
  const { signal } = new AbortController();
  const options = { manifestPath: FASHION, store: new MemoryStore(), signal, onProgress() {} };
  const runner = await openRunner(['webgpu'], options, 'node');
  expect(await runner.whyUnavailable('wasm')).toContain('Node');
  await expect(openRunner(['webgpu'], options, 'browser')).rejects.toThrow('a browser was asked for');
});
