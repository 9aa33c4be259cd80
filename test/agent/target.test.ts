import '../../workers/runtime/no-telemetry.ts';
import { env } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { localTarget } from '../../agent/service/target.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { models } from './serving.ts';

test('a target has the version of ONNX Runtime, for which it starts no worker', async () => {
  const environment = { ...nodeEnvironment(), spawn: () => expect.fail('a worker was started') };
  const { device } = await localTarget(models, environment);
  expect(device).toMatchObject({ environment: 'node', ortVersion: env.versions.node });
});
