import { execFile, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { MANIFEST } from '../../solver/documents/manifest.ts';
import { parsePlan } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { ROOT } from '../../workers/command/root.ts';
import { HEADERS } from '../../workers/environment/page-headers.ts';
import { planHere, startAgent } from '../agent/kubernetes/processes.ts';
import { ipaEdge } from '../bench/command.ts';
import { classify } from '../models/stages.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { writeFewScenes } from '../web/few-scenes.ts';

/** Tests the npm package: the commands, in an empty folder where the package is installed, and the container image made of it. */

const folder = folderOfFile();
let tarball: string;
/** Options for a pipeline that is profiled in seconds. */
const FEW_SCENES = ['--manifest', 'few-scenes/manifest.json'];

const program = promisify(execFile);
const npm = (args: readonly string[], cwd: string) =>
  program('npm', args, { cwd, shell: process.platform === 'win32' });

beforeAll(async () => {
  // npm must not run scripts, because the package is built already, and other tests are using the built files.
  const { stdout } = await npm(['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
  tarball = join(folder, stdout.trim().split('\n').at(-1)!);
  await npm(['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball], folder);
  await writeFewScenes(join(folder, 'few-scenes'));
});

type Command = 'ipa-edge' | 'ipa-agent';

const start = (command: Command, args: readonly string[]) =>
  spawn(join(folder, 'node_modules/.bin', command), args, {
    cwd: folder,
    shell: process.platform === 'win32',
  });

/** Runs a command until it ends. @throws Error where its exit code is not 0 */
async function run(command: Command, ...args: string[]): Promise<string> {
  const child = start(command, args);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** Starts a command that serves until the test has finished. Returns the address that it prints. */
async function serve(command: Command, ...args: string[]): Promise<string> {
  const child = start(command, args);
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        said += `${line}\n`;
        const url = /http:\/\/\S+/.exec(line)?.[0];
        if (url) resolve(url);
      });
    child.once('close', (code) => reject(new Error(`${command} ended with ${code}:\n${said}`)));
  });
}

const json = async (file: string) => JSON.parse(await readFile(join(folder, file), 'utf8'));

test('nothing that only builds or tests is installed, and no source is', async () => {
  const installed = await readdir(join(folder, 'node_modules'));
  for (const name of ['vite', 'preact', '@observablehq', 'tsx', 'esbuild', 'typescript', 'vitest'])
    expect(installed).not.toContain(name);
  const files = await readdir(join(folder, 'node_modules/ipa-edge'), { recursive: true });
  expect(files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
});

test('what its documents link to is in it', async () => {
  const shipped = join(folder, 'node_modules/ipa-edge');
  const files = await readdir(shipped, { recursive: true });
  const documents = files.filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
  expect(documents).toContain('README.md');
  for (const document of documents) {
    const text = await readFile(join(shipped, document), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#]+)|\bsrc(?:set)?="([^"]+)"/g)].map(
      ([, link, src]) => link ?? src!,
    );
    const broken = links.filter(
      (link) => !/^https?:/.test(link) && !existsSync(join(shipped, dirname(document), link)),
    );
    expect([document, broken]).toEqual([document, []]);
  }
});

test('no large file is in it twice', async () => {
  const shipped = join(folder, 'node_modules/ipa-edge');
  const entries = await readdir(shipped, { recursive: true, withFileTypes: true });
  const sums = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (bytes.length < 100_000) continue;
    const sum = hash('sha256', bytes);
    expect([path, sums.get(sum)]).toEqual([path, undefined]);
    sums.set(sum, path);
  }
  expect(sums.size).toBeGreaterThan(20);
});

const COMMANDS = {
  'ipa-edge': 'pin fetch pack profile operators plan solve run simulate bench serve',
  'ipa-agent': 'profile serve apply export crd uninstall watch stage gateway',
};

// A program loads the modules of all its commands before it prints its help, so this test finds a missing module.
test.each(Object.entries(COMMANDS))('%s lists its commands', async (command, names) => {
  const help = await run(command as Command, '--help');
  for (const name of names.split(' ')) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
});

test("a command's help marks the options that it requires", async () => {
  const help = await run('ipa-edge', 'run', '--help');
  expect(help).toMatch(/--plan <file> +the plan to run \(required\)/);
  expect(help.match(/\(required\)/g)).toHaveLength(2);
});

test('ipa-edge pack', async () => {
  await writeFile(
    join(folder, 'mine.json'),
    JSON.stringify({ schema: MANIFEST, name: 'mine', title: 'Mine', stages: [classify] }),
  );
  await mkdir(join(folder, 'photos/a'), { recursive: true });
  const create = { width: 8, height: 8, channels: 3 as const, background: '#ff0000' };
  await sharp({ create }).toFile(join(folder, 'photos/a/red.png'));
  await run('ipa-edge', 'pack', '--manifest', 'mine.json', '--folders', 'photos');
  expect((await json('mine.json')).pack.source).toBe('1 picture of photos');
});

test('ipa-agent export', async () => {
  await writeFile(join(folder, 'exported.json'), JSON.stringify(await planHere()));
  const formats = ['helm', 'kserve'];
  await Promise.all(
    formats.map((format) =>
      run('ipa-agent', 'export', '--plan', 'exported.json', '--format', format, '--out', format),
    ),
  );
  expect(await readdir(join(folder, 'helm'))).toContain('Chart.yaml');
  expect((await readdir(join(folder, 'kserve'))).length).toBeGreaterThan(0);
});

test('ipa-agent crd', async () => {
  expect(await run('ipa-agent', 'crd', '--pipeline', 'fashion')).toContain('kind: CustomResourceDefinition');
});

test('ipa-edge solve', async () => {
  const options = [{ id: 'a', latencyMs: 20, accuracy: 0.8, cost: 1, batch: 1 }];
  const objective = { alpha: 1, beta: 0, delta: 0, accuracy: 'product' };
  const problem = { slaMs: 100, objective, stages: [{ name: 'detect', options }] };
  await writeFile(join(folder, 'problem.json'), JSON.stringify(problem));
  expect(JSON.parse(await run('ipa-edge', 'solve', 'problem.json')).choice).toEqual({ detect: 'a' });
});

test('ipa-edge simulate', async () => {
  const args = [
    '--pipeline',
    'ipa-video',
    '--trace',
    'bursty',
    '--duration',
    '20s',
    '--system',
    'ipa',
    '--out',
    'simulated.json',
  ];
  await run('ipa-edge', 'simulate', ...args);
  expect(parseReport(await json('simulated.json'), 'simulated.json').kind).toBe('run');
  expect(await readFile(join(folder, 'simulated.html'), 'utf8')).toContain('ipa-edge report');
});

test('profile and plan on cpu, then ipa-agent serve', async () => {
  const small = [...FEW_SCENES, '--budget', '1s', '--batches', '1', '--threads', '1'];
  await run('ipa-edge', 'profile', ...small, '--backend', 'cpu', '--out', 'cpu.json');
  await run('ipa-agent', 'profile', ...small, '--out', 'agent.json');
  for (const file of ['cpu.json', 'agent.json'])
    expect(parseProfile(await json(file), file).cells.some(({ state }) => state === 'measured')).toBe(true);
  await run(
    'ipa-edge',
    'plan',
    '--profile',
    'agent.json',
    '--sla',
    '1000',
    '--rate',
    '2',
    '--out',
    'served.json',
  );
  // Without --manifest, the command serves the shipped models.
  const url = await serve('ipa-agent', 'serve', '--plan', 'served.json', '--port', '0');
  expect((await fetch(new URL('/v2/health/ready', url))).status).toBe(200);
});

test('ipa-edge serve sends the page with its headers', async () => {
  const url = await serve('ipa-edge', 'serve', '--port', '0');
  const page = await fetch(url);
  expect(await page.text()).toContain('<div id="app">');
  for (const [name, value] of Object.entries(HEADERS)) expect(page.headers.get(name)).toBe(value);
  expect((await fetch(new URL('../package.json', url))).status).toBe(404);
});

test('ipa-edge serve sends the shipped models with the page', async () => {
  const url = await serve('ipa-edge', 'serve', '--port', '0');
  for (const file of ['models/fashion/manifest.json', 'models/minis/mood-small/onnx/model.onnx']) {
    const sent = await fetch(new URL(file, url));
    expect(Buffer.from(await sent.arrayBuffer())).toEqual(
      await readFile(join(folder, 'node_modules/ipa-edge', file)),
    );
  }
  expect((await fetch(new URL('models/', url))).status).toBe(404);
});

test('without a browser, profile installs none, and names the command that does', async () => {
  // No browser is on this path, and nothing but Node.
  const path = await mkdtemp(join(folder, 'path-'));
  await symlink(process.execPath, join(path, 'node'));
  const env = { PATH: path, PLAYWRIGHT_BROWSERS_PATH: join(folder, 'none'), CHROME_PATH: '' };
  const args = ['profile', '--pipeline', 'fashion', '--budget', '1s', '--out', join(folder, 'none.json')];
  const command = join(folder, 'node_modules/ipa-edge/bench/ipa-edge.js');
  const { code, stderr } = await ipaEdge(args, undefined, env, command);
  expect(stderr).toBe(
    'ipa-edge: No Chromium or Chrome was found. Install Chromium with npx playwright install --with-deps chromium, ' +
      'or set CHROME_PATH to the browser to use. (BrowserNotFoundError)\n',
  );
  expect(code).toBe(1);
});

test('ipa-edge bench and run, in a browser', async () => {
  // An SLA of a minute: on a machine that sends some requests late, the run stays valid.
  const load = ['--sla', '60000', '--rate', '2', '--duration', '2s'];
  const small = ['--budget', '1s', '--batches', '1', '--threads', '1'];
  await run('ipa-edge', 'bench', ...FEW_SCENES, '--backend', 'wasm', ...small, ...load, '--out', 'out');
  const report = parseReport(await json('out/report.json'), 'report.json');
  expect(report.kind === 'bench' && report.runs.map(({ name }) => name)).toEqual([
    'plan',
    'heaviest',
    'lightest',
  ]);
  expect(parsePlan(await json('out/plan.json'), 'plan.json').stages).toHaveLength(2);
  await run(
    'ipa-edge',
    'run',
    '--plan',
    'out/plan.json',
    ...FEW_SCENES,
    '--duration',
    '2s',
    '--out',
    'run.json',
  );
  expect(parseReport(await json('run.json'), 'run.json').kind).toBe('run');
});

test('what the image is given is let in, and is all that starts a stage', async () => {
  const lines = (await readFile(join(ROOT, 'agent/Containerfile'), 'utf8')).split('\n');
  const [added, copied] = ['ADD', 'COPY'].map((instruction) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `) && !line.includes('--from='))
      .map((line) => line.split(' ')[1]!),
  );
  expect(added).toEqual([basename(tarball)]);
  for (const file of copied!) expect(existsSync(join(ROOT, file))).toBe(true);
  const letIn = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).trim().split('\n');
  expect(letIn).toEqual(['*', ...[...added!, ...copied!].map((file) => `!${file}`)]);

  // Node finds the image's packages in the folder above. They may be newer than those of the lock file, because npm installs a
  // tarball without one, and a stage refuses a plan that names another version of ONNX Runtime than the installed one.
  const image = await mkdtemp(join(folder, 'image-'));
  await program('tar', ['xzf', tarball, '-C', image, '--strip-components', '1']);
  const { profile, ...plan } = await planHere();
  const { version: ortVersion } = await json('node_modules/onnxruntime-node/package.json');
  const device = { ...profile.device, ortVersion };
  await writeFile(join(image, 'plan.json'), JSON.stringify({ ...plan, profile: { ...profile, device } }));
  const [command, entry] = JSON.parse(
    lines.find((line) => line.startsWith('ENTRYPOINT'))!.slice('ENTRYPOINT '.length),
  );
  expect(command).toBe('/usr/local/bin/node');
  const stage = await startAgent(
    [
      'stage',
      '--plan',
      'plan.json',
      '--manifest',
      'models/fashion/manifest.json',
      '--stage',
      'detect',
      '--port',
      '0',
    ],
    {},
    { entry: join(image, entry), cwd: image },
  );
  expect((await fetch(`${stage.url}/v2/health/ready`)).status).toBe(200);
});
