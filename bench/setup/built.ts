import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { InlineConfig } from 'vite';
import { ROOT } from '../../workers/command/root.ts';

const CONFIG = join(ROOT, 'vite.config.ts');
export const PAGE_SOURCES = ['web', 'workers', 'solver', 'models', 'vite.config.ts', 'package-lock.json'];
const LIBRARY_SOURCES = [
  'agent',
  'bench',
  'workers',
  'solver',
  'models',
  'tsconfig.lib.json',
  'package-lock.json',
];

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(...readdirSync(path).map((file) => newest(join(path, file))), 0);
}

/** Whether a built file is newer than its sources. The npm package has no sources, so its files always count as newer. */
function isFresh(built: string, sources: readonly string[]): boolean {
  if (!existsSync(CONFIG)) return true;
  const path = join(ROOT, 'dist', built);
  return existsSync(path) && sources.every((source) => newest(join(ROOT, source)) <= statSync(path).mtimeMs);
}

/** Builds if a source is newer than the file `built`, the last one of `dist` that `build` writes. */
export async function buildIfOlder(
  built: string,
  sources: readonly string[],
  build: () => Promise<void>,
): Promise<void> {
  if (isFresh(built, sources)) return;
  const started = new Date();
  await build();
  // A source that changed during the build is then newer than the file.
  utimesSync(join(ROOT, 'dist', built), started, started);
}

/** In a checkout, builds the report's template and the page if a source is newer. */
export async function ensurePageBuilt(): Promise<void> {
  for (const [mode, folder] of [
    // The template is built first, because the page contains it.
    ['report', 'report'],
    ['production', 'page'],
  ] as const)
    await buildIfOlder(`${folder}/index.html`, PAGE_SOURCES, () =>
      replaceFolder(join(ROOT, 'dist', folder), (outDir) =>
        buildPage({ configFile: CONFIG, mode, build: { outDir } }),
      ),
    );
}

/**
 * Makes the new content of a folder beside it, and then puts the whole in its place: another command may build or serve the folder
 * at the same time, and Ctrl-C may end a build.
 */
export async function replaceFolder(folder: string, make: (beside: string) => Promise<void>): Promise<void> {
  const fresh = `${folder}-${randomUUID()}`;
  const old = `${fresh}-old`;
  try {
    await make(fresh);
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
  } finally {
    for (const left of [fresh, old]) rmSync(left, { recursive: true, force: true });
  }
}

/** Builds the contents of the npm package that are older than their sources. */
export async function ensurePackageBuilt(): Promise<void> {
  await ensurePageBuilt();
  await ensureLibraryBuilt();
}

/** Compiles the library and the commands if a source is newer. */
export async function ensureLibraryBuilt(): Promise<void> {
  const { buildLibrary, LAST_BUILT } = await import('./library.ts');
  await buildIfOlder(LAST_BUILT, LIBRARY_SOURCES, buildLibrary);
}

/** Builds with Vite for production, even if NODE_ENV is different, as in tests. */
export async function buildPage(config: InlineConfig): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    const { build } = await import('vite');
    await build({ logLevel: 'error', ...config });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}
