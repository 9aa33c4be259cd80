import { expect, test } from 'vitest';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';
import { ipaEdge, refusal } from './command.ts';

const OF_DETECT = ['operators', '--pipeline', 'fashion', '--stage', 'detect'];
const ask = (...args: string[]) => ipaEdge([...OF_DETECT, ...args]);

test('the command shows which operators take the time of a variant, in Node', async () => {
  const { code, stdout } = await ask('--variant', 'det4', '--backend', 'cpu', '--batch', '2');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^operator +session +runs on +calls +ms +share %$/m);
  expect(stdout).toMatch(/^\w*Conv +model +cpu +[45] +[\d.]+ +[\d.]+$/m);
  expect(stdout).toMatch(/detect\/det4 on cpu, batch 2: operators took [\d.]+ of [\d.]+ ms a batch/);
});

test('in a browser too, as one document', async () => {
  const { code, stdout } = await ask('--variant', 'det4', '--json');
  expect(code).toBe(0);
  const { operators, kernelsTimed } = JSON.parse(stdout) as OperatorTimes;
  expect(kernelsTimed).toBe(true);
  expect(operators.some(({ operator, on }) => operator.includes('Conv') && on === 'cpu')).toBe(true);
});

test.each([
  [['--variant', 'det5'], /Stage detect has no variant det5. Choose one of det4, det8, det16 with --variant/],
  [['--variant', 'det4', '--stage', 'find'], /no stage find. Choose one of detect, classify with --stage/],
  [['--variant', 'det4', '--backend', 'cpu,wasm'], /Expected one backend/],
  [
    ['--variant', 'det4', '--backend', 'webgpu', '--threads', '2'],
    /--threads is an option of --backend wasm or --backend cpu: give one of them too, or leave --threads out/,
  ],
  [['--variant', 'det4', '--batch', '1025'], /Expected at most 1024 items/],
  [
    ['--variant', 'det4', '--backend', 'cpu', '--threads', '100000'],
    /100000 threads are asked for, and there are (\d+) cores\. Ask for at most \1 threads/,
  ],
])('%j is refused with what there is', async (args, message) => {
  expect(await refusal([...OF_DETECT, ...args])).toMatch(message);
});
