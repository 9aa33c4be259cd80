import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { hasGpu } from '../../workers/environment/gpu.js';

const INSTALL = 'npx playwright install --with-deps chromium';

/** No browser was found, and none could be installed. */
export class BrowserNotFoundError extends Error {
  /** @param {string} problem */
  constructor(problem) {
    super(`${problem}. Install Chromium with ${INSTALL}, or set CHROME_PATH to the browser to use.`);
    this.name = 'BrowserNotFoundError';
  }
}

/** A browser was found that does not start. The cause is Playwright's error, with the whole log. */
export class BrowserStartError extends Error {
  /**
   * @param {string} path
   * @param {unknown} cause
   */
  constructor(path, cause) {
    const why = whyNotStarted(stripVTControlCharacters(/** @type {Error} */ (cause).message));
    const remedy = why.includes('mkdtemp')
      ? 'Name a folder that this user can write in TMPDIR.'
      : `Mend that, install Chromium with ${INSTALL}, or set CHROME_PATH to another browser.`;
    super(`The browser ${path} does not start: ${why}. ${remedy}`, { cause });
    this.name = 'BrowserStartError';
  }
}

/**
 * What the browser wrote last of what it calls fatal, or last at all; if it wrote nothing, the first line of Playwright's message.
 * @param {string} message
 */
function whyNotStarted(message) {
  const written = [...message.matchAll(/\[err\] (.+)/g)].map(([, line]) => /** @type {string} */ (line));
  const line =
    written.findLast((text) => text.includes(':FATAL:')) ?? written.at(-1) ?? message.split('\n', 1)[0];
  return /** @type {string} */ (line)
    .replace(/^(\[[^\]]*\] |browserType\.launch: )/, '')
    .replace(/[.!]$/, '');
}

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const INSTALL_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  `${process.env.PROGRAMFILES}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env['PROGRAMFILES(X86)']}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env.LOCALAPPDATA}\\Google\\Chrome\\Application\\chrome.exe`,
];

const HEADLESS_SHELL = 'chromium-headless-shell';

/**
 * @param {readonly string[]} commands
 * @returns {string | undefined} path of the first command that is installed
 */
function onPath(commands) {
  const separator = platform() === 'win32' ? ';' : ':';
  for (const folder of (process.env.PATH ?? '').split(separator))
    for (const command of commands)
      if (folder && existsSync(`${folder}/${command}`)) return `${folder}/${command}`;
  return undefined;
}

const systemBrowser = () => onPath(COMMANDS) ?? INSTALL_PATHS.find((path) => existsSync(path));

/** @returns {Promise<string | undefined>} */
async function playwrightBrowser() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

/** Path of Playwright's command, wherever npm has installed the package. */
const playwrightCli = () =>
  join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');

/**
 * Finds a browser for commands and tests: `CHROME_PATH`, else an installed Chromium or Chrome, else Playwright's.
 * @returns {Promise<string | undefined>} path of its executable
 */
export async function findBrowser() {
  const chosen = process.env.CHROME_PATH;
  if (chosen) {
    if (!existsSync(chosen)) throw new BrowserNotFoundError(`CHROME_PATH is ${chosen}, which does not exist`);
    return chosen;
  }
  return systemBrowser() ?? (await playwrightBrowser());
}

/**
 * Finds a browser for tests that need no window: Chromium's headless shell, in which a page takes a third of the CPU time, or
 * else the one that {@link findBrowser} finds.
 * @returns {Promise<string | undefined>} path of its executable
 */
export async function findTestBrowser() {
  return process.env.CHROME_PATH ? findBrowser() : (onPath([HEADLESS_SHELL]) ?? (await findBrowser()));
}

/**
 * Finds a browser like {@link findBrowser}, or installs one in a checkout: Playwright's or, for root on Debian, the package
 * `chromium`, if possible with the headless shell for tests. The npm package installs nothing on its users' systems. What the
 * installers write is shown only if each of them fails.
 * @param {(text: string) => void} log
 * @param {AbortSignal} [signal] ends an installer
 * @returns {Promise<string>}
 */
export async function ensureBrowser(log, signal) {
  const found = await findBrowser();
  if (found) return found;
  if (!existsSync(new URL('../../package-lock.json', import.meta.url)))
    throw new BrowserNotFoundError('No Chromium or Chrome was found');
  /** @type {[string, [string, string[]][]][]} */
  const ways = [["Playwright's own", [[process.execPath, [playwrightCli(), 'install', 'chromium']]]]];
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))
    for (const packages of [['chromium', HEADLESS_SHELL], ['chromium']])
      ways.push([
        `Debian's ${packages.join(' and ')}`,
        [
          ['apt-get', ['update', '-qq']],
          ['apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages]],
        ],
      ]);
  let problem = 'no browser found';
  const written = [];
  for (const [name, commands] of ways) {
    log(`${problem}: installing ${name}, which takes a minute or two`);
    problem = `${name} could not be installed`;
    try {
      for (const [command, args] of commands) await install(command, args, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const { stdout, message } = /** @type {import('node:child_process').ExecFileException} */ (error);
      written.push(`${problem}:\n${stdout}${message}`);
      continue;
    }
    const path = await findBrowser();
    if (path) return path;
  }
  for (const text of written) log(text);
  throw new BrowserNotFoundError('No Chromium or Chrome was found or could be installed');
}

/**
 * Runs an installer, which gets no input.
 * @param {string} command
 * @param {string[]} args
 * @param {AbortSignal} [signal]
 * @throws {import('node:child_process').ExecFileException} if it fails
 */
async function install(command, args, signal) {
  const running = promisify(execFile)(command, args, {
    signal,
    timeout: 600_000,
    maxBuffer: Number.POSITIVE_INFINITY,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  running.child.stdin?.end();
  await running;
}

/**
 * Sets how long a WebAssembly function runs, in bytes of code, before V8 optimises it. V8's default is 13 million. With the default,
 * V8 optimises at the third and fifth start of a worker two functions of ONNX Runtime of 1 MB each, which only run at starts. Each
 * takes a core for 3 to 7 s, and slows what is measured meanwhile.
 * @param {number} millions
 */
const wasmBudget = (millions) => `--wasm-tiering-budget=${millions}000000`;

/** Flags for WebGPU on the GPU or, if there is none, on the CPU. Only Linux needs flags for a GPU. */
function webgpuFlags() {
  if (!hasGpu()) return ['--use-webgpu-adapter=swiftshader'];
  if (platform() !== 'linux') return [];
  return [
    '--enable-features=Vulkan,VulkanFromANGLE,DefaultANGLEVulkan',
    '--use-angle=vulkan',
    '--ignore-gpu-blocklist',
  ];
}

/**
 * Flags for a Chromium that measures unattended.
 * @param {readonly string[]} v8Flags
 * @returns {string[]}
 */
function browserFlags(v8Flags) {
  return [
    '--enable-unsafe-webgpu',
    ...webgpuFlags(),
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    `--js-flags=${v8Flags.join(',')}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
}

/**
 * Flags for the Chromium of commands. A page may start ten workers before V8 optimises a function of starts: a profile starts about
 * five, and each run has a page of its own. With a larger budget, V8 would optimise some models only after they are measured.
 * @param {readonly string[]} v8Flags further flags of V8
 */
export const commandFlags = (...v8Flags) => browserFlags([wasmBudget(50), ...v8Flags]);

/**
 * Starts a Chromium that measures unattended; installs one in a checkout if there is none.
 * @param {import('playwright').LaunchOptions} [options]
 * @param {AbortSignal} [signal] ends an installation
 * @throws BrowserNotFoundError, BrowserStartError
 */
export async function launchBrowser(options, signal) {
  const executablePath = await ensureBrowser(console.error, signal);
  const { chromium } = await import('playwright');
  return chromium.launch({ executablePath, args: commandFlags(), ...options }).catch((cause) => {
    throw new BrowserStartError(executablePath, cause);
  });
}

/**
 * Flags for a Chromium in tests. Tests run most code a few times, so V8 optimises only WebAssembly that runs for seconds, and
 * JavaScript only with its faster optimiser: more would take more CPU time than it saves.
 * @param {readonly string[]} v8Flags further flags of V8
 */
export const testFlags = (...v8Flags) => browserFlags([wasmBudget(100), '--no-opt', ...v8Flags]);
