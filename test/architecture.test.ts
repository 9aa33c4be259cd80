import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['solver', 'models', 'workers', 'web', 'bench', 'agent'];

/** The top folders that a top folder may import besides itself. */
const MAY_IMPORT: Record<string, string[]> = {
  solver: [],
  models: ['solver'],
  workers: ['solver', 'models'],
  web: ['solver', 'models', 'workers'],
  bench: ['solver', 'models', 'workers'],
  agent: ['solver', 'models', 'workers'],
};

const inRooms = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(room, file.replaceAll('\\', '/')),
  ),
);
const files = inRooms.filter((file) => /\.(ts|tsx|js)$/.test(file));
const documents = ['README.md', 'CONTRIBUTING.md', ...inRooms.filter((file) => file.endsWith('.md'))];

/** Returns every module that a file imports or re-exports, for types too. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1]!,
  );

/** Matches the imports and re-exports that load a module together with the file: neither those of types nor `import('…')`. */
const STATIC_IMPORT = /^(?:import|export)(?! type)(?:[^;']* from)? '([^']+)';/gm;

/** Returns the packages and the project's files that a file loads, directly or through other files. */
function loadedWith(entry: string): string[] {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, specifier] of readFileSync(join(root, file), 'utf8').matchAll(STATIC_IMPORT))
      if (specifier!.startsWith('.')) load(join(dirname(file), specifier!));
      else if (!specifier!.startsWith('node:')) loaded.add(specifier!);
  };
  load(entry);
  return [...loaded].sort();
}

/** Returns the project's files that a file imports or re-exports, for types too. */
const neighboursOf = (file: string): string[] =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(file), specifier));

test('imports point one way: solver ← models ← workers ← web, bench, agent', () => {
  const wrong = files.flatMap((file) => {
    const room = file.split('/')[0]!;
    return neighboursOf(file)
      .filter((target) => rooms.includes(target.split('/')[0]!) && !target.startsWith(`${room}/`))
      .filter(
        (target) =>
          !MAY_IMPORT[room]!.some((allowed) => target === allowed || target.startsWith(`${allowed}/`)),
      )
      .map((target) => `${file} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test.each([
  ['agent/cluster', 'agent/kubernetes', 'because that implements its interface of an engine'],
  ['agent/http', 'agent/kubernetes', 'because it serves in clusters of any engine, and outside of them'],
  ['web/charts', 'web/page', 'because the report draws the same charts'],
  ['web/components', 'web/page', 'because the report has the same parts'],
])('%s imports nothing of %s, %s', (from, of) => {
  const wrong = files
    .filter((file) => file.startsWith(`${from}/`))
    .flatMap((file) =>
      neighboursOf(file)
        .filter((target) => target.startsWith(`${of}/`))
        .map((target) => `${file} imports ${target}`),
    );
  expect(wrong).toEqual([]);
});

test('no file imports itself by way of others, not even for a type', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file) || way.includes(file)) return;
    for (const next of neighboursOf(file).filter((to) => files.includes(to))) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

test.each([
  ['onnxruntime-web', 'workers/runtime/ort-web.ts'],
  ['onnxruntime-node', 'workers/runtime/ort-node.ts'],
  ['glpk.js', 'solver/ilp/glpk.ts'],
  ['@huggingface/tokenizers', 'models/tasks/tokenizer.ts'],
  ['sharp', 'bench/pack/disk.ts'],
  ['idb', 'workers/store/browser.ts'],
  ['fastify', 'agent/http'],
  ['sirv', 'bench/runner/static-server.ts'],
  ['prom-client', 'agent/http/telemetry.ts'],
  ['@kubernetes/client-node', 'agent/kubernetes/client.ts'],
])('%s is imported in one place', (name, place) => {
  const importers = files.filter((file) =>
    importsOf(file).some((s) => s === name || s.startsWith(`${name}/`)),
  );
  const places = new Set(importers.map((file) => (file.startsWith(`${place}/`) ? place : file)));
  expect([...places]).toEqual([place]);
});

test.each([
  ['bench/cli.ts', ['commander']],
  ['agent/cli.ts', ['commander']],
  ['bench/commands/solve.ts', ['commander', 'glpk.js/node', 'zod']],
])('%s starts soon: of packages it loads only %j', (entry, packages) => {
  expect(loadedWith(entry).filter((name) => !files.includes(name))).toEqual(packages);
});

test.each(['serve', 'stage'])(
  'ipa-agent %s starts soon: it loads neither planner nor profiler',
  (command) => {
    const loaded = loadedWith(`agent/commands/${command}.ts`);
    expect(loaded).toContain('agent/http/serve.ts');
    expect(loaded.filter((name) => /^(?:glpk|undici|workers\/(?:planner|profiler)\/)/.test(name))).toEqual(
      [],
    );
  },
);

test('solver/ does no I/O: it imports nothing of Node', () => {
  const importers = files.filter(
    (file) => file.startsWith('solver/') && importsOf(file).some((s) => s.startsWith('node:')),
  );
  expect(importers).toEqual([]);
});

test.each(['README.md', 'CONTRIBUTING.md', 'bench/results.md'])(
  '%s names only files and folders that exist',
  (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const named = [...text.matchAll(/`([\w./-]+)`/g)].map((match) => match[1]!);
    const paths = named.filter(
      (name) => [...rooms, 'test'].includes(name.split('/')[0]!) && name.includes('/'),
    );
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  },
);

test.each(documents)('%s links to files that exist', (document) => {
  const links = readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g);
  const targets = [...links].map((match) => join(root, dirname(document), match[1]!));
  expect(targets.filter((target) => !existsSync(target))).toEqual([]);
});
