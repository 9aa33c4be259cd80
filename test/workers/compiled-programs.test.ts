import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { compiled } from '../compiled.ts';

test.each([
  'agent/cli',
  'agent/oip/decoder/worker.node',
  'agent/profiler/probe.worker.node',
  'bench/cli',
  'workers/planner/worker.node',
  'workers/stage/worker.node',
])('%s starts soon: it loads only files that many modules were joined in, Zod too', (program) => {
  const folder = compiled(dirname(program));
  const files = readdirSync(folder).filter(
    (file) => file.startsWith(basename(program)) && file.endsWith('.js'),
  );
  const loaded = files.flatMap((file) =>
    [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/^(?:import|export) (?:[^"]* from )?"([^"]+)";/gm),
    ].map((match) => match[1]!),
  );
  expect(loaded).toContain(program.endsWith('cli') ? 'commander' : 'comlink');
  expect(loaded.filter((name) => name.startsWith('zod'))).toEqual([]);
  const others = loaded.filter((name) => name.startsWith('.') && !name.startsWith(`./${basename(program)}`));
  expect(others).toEqual([]);
});
