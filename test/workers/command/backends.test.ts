import { Command } from 'commander';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import type { Backend } from '../../../solver/documents/common.ts';
import { availableBackends } from '../../../workers/command/backends.ts';
import { UsageError } from '../../../workers/command/exit.ts';
import * as option from '../../../workers/command/options.ts';

let stderr: MockInstance;

beforeEach(() => {
  stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => stderr.mockRestore());

/** Returns the backends of a command whose defaults are webgpu and wasm, on a device that has only those of `there`. */
async function available(args: readonly string[], there: readonly Backend[]): Promise<Backend[]> {
  const command = new Command()
    .option('--backend <list>', '', option.backends, ['webgpu', 'wasm'])
    .option('--threads <list>', '', option.counts, [1]);
  command.parse(args, { from: 'user' });
  return availableBackends(command, command.opts().backend, async (backend) =>
    there.includes(backend) ? null : 'there is no adapter',
  );
}

test('all of them, without a word, where all are there', async () => {
  expect(await available([], ['webgpu', 'wasm'])).toEqual(['webgpu', 'wasm']);
  expect(stderr).not.toHaveBeenCalled();
});

test('a default backend that is missing is left out, and one line says so', async () => {
  expect(await available([], ['wasm'])).toEqual(['wasm']);
  expect(stderr.mock.calls).toEqual([['webgpu is not available: there is no adapter. Going on with wasm.']]);
});

test('a backend that was asked for is never left out', async () => {
  const asked = available(['--backend', 'webgpu,wasm'], ['wasm']);
  await expect(asked).rejects.toThrow(UsageError);
  await expect(asked).rejects.toThrow(
    'webgpu is not available: there is no adapter. Choose another with --backend.',
  );
});

test('no default backend that is there is an error', async () => {
  await expect(available([], [])).rejects.toThrow(UsageError);
});

test('threads are refused where all backends run on the GPU', async () => {
  const here: Backend[] = ['webgpu', 'wasm'];
  expect(await available(['--threads', '2'], here)).toEqual(['webgpu', 'wasm']);
  await expect(available(['--threads', '2', '--backend', 'webgpu'], here)).rejects.toThrow(
    'webgpu runs on the GPU, without threads of the CPU: leave --threads out, or choose wasm or cpu with --backend.',
  );
});
