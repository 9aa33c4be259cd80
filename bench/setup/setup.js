// Makes a fresh checkout ready: packages by `npm ci`, and a browser. Plain JavaScript: it runs before anything is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BrowserNotFoundError, ensureBrowser } from './browser.js';

const LEAST_NODE = /** @type {const} */ ([20, 19]);

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  console.error(`Node ${LEAST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const marker = 'node_modules/.installed-lock';
if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder that it leads to, which is another checkout's, and put nothing there.
    console.error(
      'node_modules is a link to packages of another package-lock.json: remove it, and run this again.',
    );
    process.exit(1);
  }
  console.error('installing packages (npm ci)');
  try {
    execFileSync('npm', ['ci', '--no-fund', '--no-audit'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch {
    console.error('npm ci failed: see its messages above. It needs the npm registry, or a filled npm cache.');
    process.exit(1);
  }
  writeFileSync(marker, lock);
}

try {
  await ensureBrowser(console.error);
} catch (error) {
  if (!(error instanceof BrowserNotFoundError)) throw error;
  console.error(error.message);
  process.exit(1);
}
