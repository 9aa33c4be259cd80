import { expect, type Mock, test, vi } from 'vitest';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { TensorInfo } from '../../models/tasks/tensor.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { fixedBatchOf, Sessions } from '../../workers/profiler/sessions.ts';
import { nextTask } from '../../workers/stage/next-task.ts';
import type { StageWorker } from '../../workers/stage/stage-worker.ts';

const input = (name: string, ...dims: TensorInfo['dims']): TensorInfo => ({ name, type: 'int64', dims });
const session = (...inputs: TensorInfo[]) => ({ inputs, outputs: [] });

test('a variant has the batch size to which any of its models is fixed', () => {
  const encoder = session(input('input_ids', null, null));
  expect(fixedBatchOf({ encoder, decoder: session(input('input_ids', 4, 1)) })).toBe(4);
});

test("a merged decoder's switch fixes no batch size", () => {
  const decoder = session(input('input_ids', null, null), input('use_cache_branch', 1));
  expect(fixedBatchOf({ encoder: session(input('input_ids', null, null)), decoder })).toBeNull();
});

const CPU = { backend: 'cpu', threads: 1 } as const;

/** Sessions in fake workers, each of which is lost when a test says so. */
function withFakeWorkers() {
  const spawned: { lose(reason: string): void; readonly terminate: Mock }[] = [];
  const spawn: Environment['spawn'] = async () => {
    let lose = (_: string) => {};
    const lost = new Promise<string>((resolve) => {
      lose = resolve;
    });
    const worker = { lost, lose, terminate: vi.fn() };
    spawned.push(worker);
    return worker as unknown as StageWorker;
  };
  return { sessions: new Sessions({} as LoadedManifest, { spawn } as Environment), spawned };
}

test('the end of a replaced worker leaves its replacement in use, which is ended at the close', async () => {
  const { sessions, spawned } = withFakeWorkers();
  await sessions.worker(CPU);
  await sessions.replace(CPU);
  const second = await sessions.worker(CPU);
  spawned[0]!.lose('killed by SIGKILL');
  await nextTask();
  expect(await sessions.worker(CPU)).toBe(second);
  sessions.close();
  await nextTask();
  expect(spawned.map(({ terminate }) => terminate.mock.calls.length > 0)).toEqual([true, true]);
});

test('a worker whose GPU device is lost is ended for that reason, and the next one is new', async () => {
  const { sessions, spawned } = withFakeWorkers();
  const first = await sessions.worker(CPU);
  spawned[0]!.lose('out of memory');
  await nextTask();
  expect(spawned[0]!.terminate).toHaveBeenCalledWith('out of memory');
  expect(await sessions.worker(CPU)).not.toBe(first);
});
