import '../../workers/runtime/no-telemetry.ts';
import { env } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { initialPlan } from '../../agent/service/initial-plan.ts';
import { localTarget } from '../../agent/service/target.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { models, planOf } from './serving.ts';

test('a target has the version of ONNX Runtime, for which it starts no worker', async () => {
  const environment = { ...nodeEnvironment(), spawn: () => expect.fail('a worker was started') };
  const { device } = await localTarget(models, environment);
  expect(device).toMatchObject({ environment: 'node', ortVersion: env.versions.node });
});

test.each([true, false])(
  'a plan of another pipeline than the models is refused, and the remedy is the manifest (--replan: %s)',
  async (replan) => {
    const target = await localTarget(models, nodeEnvironment());
    const other = { ...planOf({ workers: [['detect', 'classify']] }), pipeline: 'mail' };
    const options = { plan: 'plan.json', replan, budget: 1 };
    await expect(initialPlan(other, models, target, options, new AbortController().signal)).rejects.toThrow(
      /it is of pipeline mail, and the models here are of fashion\nGive a plan of fashion, or .*--manifest\.$/,
    );
  },
);
