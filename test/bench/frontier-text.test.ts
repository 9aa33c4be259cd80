import { expect, test } from 'vitest';
import { frontierText } from '../../bench/commands/tables.ts';
import { frontiers } from '../../solver/frontier/cascade-gains.ts';
import { cascadeProfile, wellCalibrated } from '../solver/cascades.ts';
import { request, resources } from '../solver/profiles.ts';

/** The text of a frontier with cascades whose choices combine accuracies as `accuracy` says. */
function textBy(accuracy: 'product' | 'sum'): string {
  const asked = request({
    ...{ ratePerS: 60, slaMs: 900, resources: resources({ cores: 24 }) },
    objective: { ...request().objective, accuracy },
  });
  const plan = { predicted: { pas: 0.5 }, objective: asked.objective } as Parameters<typeof frontierText>[1];
  return frontierText(frontiers(cascadeProfile(wellCalibrated()), asked), plan);
}

test('only a product of accuracies is called PAS', () => {
  expect(textBy('product')).toContain('Its PAS is ');
  expect(textBy('sum')).toContain('without cascades');
  expect(textBy('sum')).not.toContain('PAS');
});
