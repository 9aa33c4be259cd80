import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { platform } from 'node:os';
import process from 'node:process';
import { hasGpu } from '../../workers/environment/gpu.js';

/** Thrown where no browser can be found or installed. */
export class BrowserNotFoundError extends Error {
  /** @param {string} why */
  constructor(why) {
    super(
      `No Chromium or Chrome was found or could be installed (${why}). ` +
        'Install one, or set CHROME_PATH to the browser to use.',
    );
    this.name = 'BrowserNotFoundError';
  }
}

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  `${process.env.PROGRAMFILES}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env['PROGRAMFILES(X86)']}\\Google\\Chrome\\Application\\chrome.exe`,
  `${process.env.LOCALAPPDATA}\\Google\\Chrome\\Application\\chrome.exe`,
];

/** @returns {string | undefined} */
function systemBrowser() {
  const separator = platform() === 'win32' ? ';' : ':';
  for (const folder of (process.env.PATH ?? '').split(separator))
    for (const command of COMMANDS)
      if (folder && existsSync(`${folder}/${command}`)) return `${folder}/${command}`;
  return PLACES.find((place) => existsSync(place));
}

/** @returns {Promise<string | undefined>} */
async function playwrightBrowser() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

/**
 * The browser to drive: `CHROME_PATH`, else a system Chromium or Chrome, else Playwright's own.
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
 * Like {@link findBrowser}, and where there is none, installs one: Playwright's, else Debian's `chromium` as root.
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
export async function ensureBrowser(log) {
  const found = await findBrowser();
  if (found) return found;
  /** @type {string[]} */
  const tried = [];
  /** @type {[string, [string, string[]][]][]} */
  const ways = [
    ["Playwright's own", [[process.execPath, ['node_modules/playwright/cli.js', 'install', 'chromium']]]],
  ];
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))
    ways.push([
      "Debian's package",
      [
        ['apt-get', ['update', '-qq']],
        ['apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']],
      ],
    ]);
  for (const [name, commands] of ways) {
    log(`no browser yet: installing ${name} (a minute or two)`);
    try {
      for (const [command, args] of commands)
        execFileSync(command, args, {
          stdio: ['ignore', 'ignore', 'pipe'],
          timeout: 600_000,
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        });
      const path = await findBrowser();
      if (path) return path;
      tried.push(`${name}: installed, but not found`);
    } catch (error) {
      tried.push(`${name}: ${String(error).split('\n')[0]}`);
    }
  }
  throw new BrowserNotFoundError(tried.join('; '));
}

/**
 * Flags of an unattended Chromium with WebGPU: on the GPU where there is one, else on the software adapter.
 * @returns {string[]}
 */
export function browserFlags() {
  const webgpu = !hasGpu()
    ? ['--use-webgpu-adapter=swiftshader']
    : platform() === 'linux'
      ? [
          '--enable-features=Vulkan,VulkanFromANGLE,DefaultANGLEVulkan',
          '--use-angle=vulkan',
          '--ignore-gpu-blocklist',
        ]
      : [];
  return [
    '--enable-unsafe-webgpu',
    ...webgpu,
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
}
