import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { loadManifest } from '../../models/manifests/load.ts';
import { manifestPath } from '../../workers/command/options.ts';
import type { Environment } from '../../workers/environment/environment.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { measureOperators } from '../../workers/profiler/operators.ts';
import { BackendUnavailableError, ModelLoadError, TraceFolderError } from '../../workers/runtime/errors.ts';
import { createNodeRuntime } from '../../workers/runtime/ort-node.ts';
import { folderOfTest } from '../temporary-folder.ts';
import { FASHION, loadFashion } from './fashion.ts';

const DETECT = { stage: 'detect', variant: 'det4', backend: 'cpu', threads: 1, batch: 2 } as const;
const never = new AbortController().signal;
const traces = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('ipa-edge-operators'));

test('the operators of a variant are timed by batch, and the trace does not stay on the disk', async () => {
  const before = await traces();
  const found = await measureOperators(await loadFashion(), nodeEnvironment(), DETECT, never);
  expect(found.kernelsTimed).toBe(true);
  expect(found.batches).toBeGreaterThanOrEqual(3);
  // det4 has five convolutions, whatever ONNX Runtime merges into them.
  const convolutions = found.operators.filter(({ operator }) => operator.includes('Conv'));
  expect(convolutions.reduce((sum, { calls }) => sum + calls, 0)).toBe(5);
  expect(found.operators.every(({ session, on, ms }) => session === 'model' && on === 'cpu' && ms >= 0)).toBe(
    true,
  );
  const sum = found.operators.reduce((all, { ms }) => all + ms, 0);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(found.batchMs);
  expect(await traces()).toEqual(before);
});

test('a variant of several sessions has the operators of each, and a decoder runs many times a batch', async () => {
  const models = await loadManifest(manifestPath({ pipeline: 'mini-sum-qa' }), (path) => readFile(path));
  const key = { stage: 'summarise', variant: 'small', backend: 'cpu', threads: 1, batch: 1 } as const;
  const { operators } = await measureOperators(models, nodeEnvironment(), key, never);
  const calls = (session: string) =>
    operators.filter((one) => one.session === session).reduce((sum, one) => sum + one.calls, 0);
  expect(calls('encoder')).toBeGreaterThan(0);
  expect(calls('decoder')).toBeGreaterThan(2 * calls('encoder'));
});

test('a model that cannot be loaded leaves no trace either', async () => {
  const before = await traces();
  const models = { ...(await loadFashion()), readModels: async () => ({ model: new Uint8Array(64) }) };
  await expect(measureOperators(models, nodeEnvironment(), DETECT, never)).rejects.toThrow(ModelLoadError);
  expect(await traces()).toEqual(before);
});

test('a folder for traces that cannot be made is told, and the model is not blamed', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('TMPDIR', '/none');
  const measured = measureOperators(await loadFashion(), nodeEnvironment(), DETECT, never);
  await expect(measured).rejects.toThrow(TraceFolderError);
});

test('a trace that the disk had no room for is told, rather than that ONNX Runtime reported nothing', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  const temporary = folderOfTest();
  vi.stubEnv('TMPDIR', temporary);
  const { createSession } = await createNodeRuntime(1);
  const model = await readFile(FASHION.replace('manifest.json', 'det4.onnx'));
  const session = await createSession(model, 'cpu', { profiled: true });
  const [trace] = await readdir(temporary, { recursive: true, withFileTypes: true }).then((all) =>
    all.filter((one) => one.isFile()),
  );
  const path = join(trace!.parentPath, trace!.name);
  // ONNX Runtime writes to the file that it opened, so the one in its place stays empty.
  await rm(path);
  await writeFile(path, '');
  await expect(session.endProfiling(() => {})).rejects.toThrow(TraceFolderError);
  await session.release();
});

test('a stop while the worker starts is the reason with which the measurement ends', async () => {
  const [controller, environment] = [new AbortController(), nodeEnvironment()];
  const stopping: Environment = {
    ...environment,
    spawn(...asked) {
      const started = environment.spawn(...asked);
      controller.abort(new Error('stopped'));
      return started;
    },
  };
  const measured = measureOperators(await loadFashion(), stopping, DETECT, controller.signal);
  await expect(measured).rejects.toThrow('stopped');
});

test('a backend that is not here is refused by name', async () => {
  const measured = measureOperators(
    await loadFashion(),
    nodeEnvironment(),
    { ...DETECT, backend: 'wasm' },
    never,
  );
  await expect(measured).rejects.toThrow(BackendUnavailableError);
});

test('a cancel ends the measurement at once, with the reason of the cancel', async () => {
  const controller = new AbortController();
  const measured = measureOperators(await loadFashion(), nodeEnvironment(), DETECT, controller.signal);
  controller.abort(new Error('enough'));
  await expect(measured).rejects.toThrow('enough');
});
