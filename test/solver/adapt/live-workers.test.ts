import { describe, expect, it } from 'vitest';
import { ipaEdgeSystem } from '../../../solver/adapt/ipa-edge-system.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import { pipeline } from '../pipelines.ts';
import { planOn, resources } from '../profiles.ts';
import { even, standing, startMs } from './loads.ts';

describe('a standby that a plan with larger batches does not use', () => {
  const cores = resources({ cores: 1 });
  // The light variant was measured only in batches of one item, so it cannot stand by for the larger batches that 60/s need.
  const whole = pipeline({
    stages: { classify: { s: { accuracy: 0.6, ms: 6 }, l: { accuracy: 0.9, ms: 20 } } },
    spread: 1,
  });
  const profile = {
    ...whole,
    cells: whole.cells.filter(({ variant, batch }) => variant === 'l' || batch === 1),
  };
  const standbysOf = ({ stages }: Plan) => stages.map(({ standby }) => standby?.variant);
  const asks = standing({ downshift: true, resources: cores });

  it('is used again with small batches, because its workers still hold it', async () => {
    const system = ipaEdgeSystem(await planOn(profile), asks, startMs);
    const small = await system.plan(even(10), undefined);
    const large = await system.plan(even(60), small);
    const again = await system.plan(even(10), large);
    expect([small, large, again].map(standbysOf)).toEqual([['s'], [undefined], ['s']]);
    expect(again.stages[0]!.variant).toBe('l');
  });

  it('costs a change of workers if they were started without it', async () => {
    const planAt = await planOn(profile);
    const large = await ipaEdgeSystem(planAt, asks, startMs).plan(even(60), undefined);
    const next = await ipaEdgeSystem(planAt, asks, startMs).plan(even(10), large);
    expect([large, next].map(standbysOf)).toEqual([[undefined], [undefined]]);
  });
});
