#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A checkout runs the TypeScript source with a loader, because Node 20 cannot run it; the npm package contains JavaScript.
const source = new URL('./cli.ts', import.meta.url);
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else await import(new URL('../dist/lib/bench/cli.js', import.meta.url).href);
