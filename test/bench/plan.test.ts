import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Plan } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { ipaEdgeHere } from './command.ts';

const PATH = fileURLToPath(new URL('../solver/fixtures/fashion-node.json', import.meta.url));
const profile = parseProfile(JSON.parse(readFileSync(PATH, 'utf8')), PATH);

/** Plans for a low rate, and returns the memory of the models of all replicas and their standbys, in MiB. */
async function planned(...more: string[]): Promise<number> {
  const asked = ['--profile', PATH, '--sla', '200', '--rate', '5', '--json', ...more];
  const plan: Plan = JSON.parse((await ipaEdgeHere(['plan', ...asked])).stdout);
  const sizeOf = (stage: string, name: string) =>
    profile.stages.find((one) => one.name === stage)!.variants.find((variant) => variant.name === name)!
      .sizeBytes;
  const bytes = plan.stages.map(
    ({ name, variant, standby, replicas }) =>
      replicas * (sizeOf(name, variant) + (standby ? sizeOf(name, standby.variant) : 0)),
  );
  return bytes.reduce((sum, one) => sum + one, 0) / 2 ** 20;
}

test('--memory bounds the models of a plan, with those of its standbys', async () => {
  expect(await planned()).toBeGreaterThan(1);
  const bounded = await planned('--memory', '0.5');
  expect(bounded).toBeLessThanOrEqual(0.5);
  expect(bounded).toBeGreaterThan(0.25);
});
