import { expect, test } from 'vitest';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { loadShipped } from '../shipped.ts';
import { inBatchAndAlone, MINI_STAGES } from './batches.ts';

test.each(MINI_STAGES)(
  '%s: short and long items get from %s/%s in one batch what each gets alone, in the steps of the longest',
  async (name, stage, variant) => {
    const models = await loadShipped(name);
    const { together, alone, steps } = await inBatchAndAlone(
      nodeEnvironment(),
      'cpu',
      models,
      stage,
      variant,
    );
    expect(together).toEqual(alone);
    expect(steps[0]).toBe(Math.max(...steps.slice(1)));
  },
);
