// Prepares a checkout: installs packages with `npm ci`, and a browser if there is none. This file is plain JavaScript, because
// it runs before any package is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BrowserNotFoundError, ensureBrowser } from './browser.js';

const NODE_MIN = /** @type {const} */ ([20, 19]);

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
  console.error(`Node ${NODE_MIN.join('.')} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const marker = 'node_modules/.installed-lock';
if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    // If node_modules is a link, npm ci would empty the linked folder of another checkout and install nothing.
    console.error(
      'node_modules is a link to the packages of another package-lock.json. Remove the link and run this again.',
    );
    process.exit(1);
  }
  console.error('installing packages (npm ci)');
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch {
    console.error(
      'npm ci failed; its messages stand above. It needs the npm registry, or a filled npm cache.',
    );
    process.exit(1);
  }
  writeFileSync(marker, lock);
}

// Builds need no browser.
if (!process.argv.includes('--packages-only'))
  try {
    await ensureBrowser(console.error);
  } catch (error) {
    if (!(error instanceof BrowserNotFoundError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
