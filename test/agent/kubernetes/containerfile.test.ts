import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { planHere, startAgent, temporaryFolder } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const lines = (await readFile(join(ROOT, 'agent/Containerfile'), 'utf8')).split('\n');
const copied = lines.flatMap((line) => {
  const [instruction, ...paths] = line.split(/\s+/);
  return instruction === 'COPY' ? [{ from: paths.slice(0, -1), to: paths.at(-1)! }] : [];
});

test('what the image is given is there, is let in, and is all that starts a stage', async () => {
  const ignored = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).trim().split('\n');
  const image = await temporaryFolder();
  for (const { from, to } of copied)
    for (const path of from) {
      expect(ignored).toContain(`!${path.replace(/\/$/, '')}`);
      const target = to.endsWith('./') ? join(image, path) : join(image, to);
      await mkdir(dirname(target), { recursive: true });
      await cp(join(ROOT, path), target, { recursive: true });
    }
  await symlink(join(ROOT, 'node_modules'), join(image, 'node_modules'));
  const entry = JSON.parse(lines.find((line) => line.startsWith('ENTRYPOINT'))!.slice('ENTRYPOINT '.length));
  await writeFile(join(image, 'plan.json'), JSON.stringify(await planHere()));
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
    { entry: join(image, entry[1]), cwd: image },
  );
  expect(entry[0]).toBe('node');
  expect((await fetch(`${stage.url}/v2/health/ready`)).status).toBe(200);
});

test('what runs in it needs no package that is for development only', () => {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const installed = new Set(Object.keys({ ...dependencies, ...optionalDependencies }));
  const needed = ['agent', 'workers', 'models', 'solver'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|js)$/.test(file) && !file.includes('browser'))
      .flatMap((file) => [
        ...readFileSync(join(ROOT, room, file), 'utf8').matchAll(
          /^(?:import|export) (?!type)[^'\n]*(?:\n[^;]*?)?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm,
        ),
      ])
      .map((match) => (match[1] ?? match[2])!)
      .filter((name) => !name.startsWith('node:'))
      .map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
  expect(new Set(needed).size).toBeGreaterThan(5);
  expect([...new Set(needed)].filter((name) => !installed.has(name))).toEqual([]);
});
