import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localTarget } from '../../agent/service/target.ts';
import type { Plan } from '../../solver/documents/plan.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { type AgentProcess, ipaAgentServe } from './command.ts';
import { models, planOf } from './serving.ts';

export const here = await localTarget(models, nodeEnvironment());
/** A plan of a made-up device. */
export const hand = planOf({ workers: [['detect', 'classify']], batch: 2 });
/** The plan with the device of this machine, because the agent refuses plans for other devices. */
export const ownPlan: Plan = { ...hand, profile: { ...hand.profile, device: here.device } };

/** Writes a document to a file, by default in a folder that is removed with the test. @returns the path of the file */
export function write(name: string, value: unknown, folder = folderOfTest()): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

/** Starts `ipa-agent serve` as {@link ipaAgentServe} does. The process ends with the test. */
export function serveInTest(...args: Parameters<typeof ipaAgentServe>): AgentProcess {
  const agent = ipaAgentServe(...args);
  onTestFinished(async () => {
    agent.child.kill('SIGKILL');
    await agent.ended;
  });
  return agent;
}
