import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';

const EXAMPLE = fileURLToPath(new URL('../../web/public/example.json', import.meta.url));

it("the page's example is one profile of a shipped pipeline on wasm and, if it has a run, a valid one", () => {
  const { profiles, run } = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
  expect(profiles).toHaveLength(1);
  const profile = parseProfile(profiles[0], EXAMPLE);
  expect(profile.pipeline).toBe('fashion');
  expect(new Set(profile.cells.map(({ backend }) => backend))).toEqual(new Set(['wasm']));
  if (run) expect(parseRunReport(run, EXAMPLE).load.valid).toBe(true);
});
