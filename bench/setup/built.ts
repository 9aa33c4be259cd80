import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InlineConfig } from 'vite';
import { ROOT } from '../../workers/command/root.ts';

const CONFIG = join(ROOT, 'vite.config.ts');
const PAGE_SOURCES = ['web', 'workers', 'solver', 'models', 'vite.config.ts', 'package-lock.json'];
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

/** The npm package brings everything built and has no sources: nothing is ever out of date there. */
function isFresh(built: string, sources: readonly string[]): boolean {
  if (!existsSync(CONFIG)) return true;
  const path = join(ROOT, 'dist', built);
  return existsSync(path) && sources.every((source) => newest(join(ROOT, source)) <= statSync(path).mtimeMs);
}

/** Builds the report's template and the page of a checkout where a source is newer than they are. */
export async function ensurePageBuilt(): Promise<void> {
  for (const [mode, file] of [
    // The page holds the report's template, so the template is built first.
    ['report', 'report/index.html'],
    ['production', 'page/index.html'],
  ] as const)
    if (!isFresh(file, PAGE_SOURCES)) await buildPage({ configFile: CONFIG, mode });
}

/** Builds all that the npm package holds, where it is older than its sources. */
export async function ensurePackageBuilt(): Promise<void> {
  await ensurePageBuilt();
  await ensureLibraryBuilt();
}

/** Compiles the library and the commands, where they are older than their sources. */
export async function ensureLibraryBuilt(): Promise<void> {
  const { buildLibrary, LAST_BUILT } = await import('./library.ts');
  if (!isFresh(LAST_BUILT, LIBRARY_SOURCES)) buildLibrary();
}

/** Builds with Vite for production, also where NODE_ENV says otherwise, as it does under a test runner. */
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
