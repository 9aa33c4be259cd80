import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';

const EXAMPLE = fileURLToPath(new URL('../../web/public/example.json', import.meta.url));

it("the page's example is a shipped pipeline on wasm, a valid run of its plan, and the same pipeline by Node to compare", () => {
  const { profiles, opened, run } = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
  expect(profiles).toHaveLength(2);
  const [shown, other] = [profiles[opened], profiles[1 - opened]].map((one) => parseProfile(one, EXAMPLE));
  const backends = (profile: typeof shown) => [...new Set(profile!.cells.map(({ backend }) => backend))];
  expect([shown!.pipeline, other!.pipeline]).toEqual(['fashion', 'fashion']);
  expect([backends(shown), backends(other)]).toEqual([['wasm'], ['cpu']]);
  expect(parseRunReport(run, EXAMPLE).load.valid).toBe(true);
});
