import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localTarget } from '../../agent/service/target.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import {
  CHANNELS,
  CLASSES,
  DETECTORS,
  files,
  IMAGES,
  loadMixed,
  manifest,
  objects,
  pixelsOf,
  SIDE,
} from '../mixed-pipeline.ts';
import { folderOfFile } from '../temporary-folder.ts';
import { handPlan } from '../workers/hand-plan.ts';
import { type AgentProcess, ipaAgentServe } from './command.ts';
import { OipClient } from './oip-client.ts';

/**
 * In these tests one agent serves detectors of three families, each with an input size and format of its own: it gets one plan
 * after the other.
 */

const TOKEN = 'a token of the test';

const models = loadMixed();
const folder = folderOfFile();
let device: Plan['profile']['device'];
let agent: AgentProcess;
let client: OipClient;

const planOf = (...variants: readonly [string, string]): Plan => {
  const plan = handPlan(models, { backend: 'cpu', variants, workers: [['detect', 'classify']] });
  return { ...plan, profile: { ...plan.profile, device } };
};

beforeAll(async () => {
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  for (const [name, bytes] of files) await write(name, bytes);
  ({ device } = await localTarget(models, nodeEnvironment()));
  agent = ipaAgentServe([
    ...['--manifest', await write('manifest.json', JSON.stringify(manifest))],
    ...['--plan', await write('plan.json', JSON.stringify(planOf('detr', 'small')))],
    ...['--token-file', await write('token', TOKEN)],
  ]);
  client = new OipClient(await agent.listening);
});
afterAll(async () => {
  client.close();
  agent.child.kill('SIGKILL');
  await agent.ended;
});

const images = Array.from({ length: IMAGES }, (_, image) => image);
const pictures = {
  ...{ name: 'images', datatype: 'UINT8' as const, shape: [IMAGES, 3, SIDE, SIDE] },
  data: Uint8Array.from(images.flatMap(pixelsOf)),
};

/** Sends the pictures to a model, and returns the values of its outputs by their names. */
async function outputsOf(model: string) {
  const { outputs } = await client.infer(model, { inputs: [pictures] });
  return Object.fromEntries(outputs.map(({ name, data }) => [name, Array.from(data as ArrayLike<number>)]));
}

test.each(DETECTORS)(
  'a plan with %s gives the objects in the stage’s pixels and classes',
  async (detector) => {
    const plan = planOf(detector, detector === 'detr' ? 'small' : 'large');
    const response = await fetch(`${await agent.listening}/plan`, {
      method: 'PUT',
      body: JSON.stringify(plan),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    });
    expect(response.status).toBe(200);
    const found = await outputsOf('detect');
    const order = (index: readonly number[], boxes: readonly number[], labels: readonly number[]) =>
      index.map((image, i) => [image, ...boxes.slice(4 * i, 4 * i + 4).map(Math.round), labels[i]]).sort();
    expect(order(found.item_index!, found.boxes!, found.labels!)).toEqual(
      objects.map(({ image, x, y, name }) => [image, x, y, x + 8, y + 8, CLASSES.indexOf(name)]).sort(),
    );
    const { labels } = await outputsOf('mixed');
    expect([...labels!].sort()).toEqual(objects.map(({ name }) => CHANNELS.indexOf(name)).sort());
  },
);
