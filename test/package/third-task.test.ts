import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { parsePlan } from '../../solver/documents/plan.ts';
import { parseProfile } from '../../solver/documents/profile.ts';
import { parseRunReport } from '../../solver/documents/run-report.ts';
import { ROOT } from '../../workers/command/root.ts';
import { ipaAgentServe } from '../agent/command.ts';
import { OipClient } from '../agent/oip-client.ts';
import { ipaEdge } from '../bench/command.ts';
import { f32, gzip, i32, safetensors } from '../models/safetensors.ts';
import { loudnessClassifier } from '../onnx.ts';
import { folderOfFile } from '../temporary-folder.ts';

/** The folder of a copy of the package with one more task, and of a pipeline with this task. */
const folder = folderOfFile();
const path = (name: string) => join(folder, name);

const SAMPLES = 160;
/** Recordings of different lengths, quiet and loud in turn. */
const recordings = Array.from({ length: 24 }, (_, i) =>
  Array.from({ length: 40 + 5 * i }, (_, t) => (i % 2 ? 0.6 : 0.1) * (t % 2 ? -1 : 1)),
);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  for (const part of [
    'solver',
    'models',
    'workers',
    'bench',
    'agent',
    'package.json',
    'tsconfig.json',
    'tsconfig.lib.json',
  ])
    await cp(join(ROOT, part), path(part), { recursive: true });
  await cp(join(ROOT, 'dist/report'), path('dist/report'), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), path('node_modules'));

  // These are the steps of CONTRIBUTING.md that are not optional: the task's folder, and its entry in the registry.
  const task = await readFile(new URL('./loudness.ts', import.meta.url), 'utf8');
  const moved = task.replaceAll('../../models/tasks/', '../').replaceAll('../../models/', '../../');
  await mkdir(path('models/tasks/loudness'));
  await writeFile(path('models/tasks/loudness/task.ts'), moved);
  const registry = await readFile(path('models/tasks/registry.ts'), 'utf8');
  const entered = `import { loudness } from './loudness/task.ts';\n${registry.replace('TASKS = [', 'TASKS = [loudness, ')}`;
  await writeFile(path('models/tasks/registry.ts'), entered);
  // Types are not checked here: `npm run typecheck` checks those of the task.
  const config = JSON.parse(await readFile(path('tsconfig.lib.json'), 'utf8'));
  Object.assign(config.compilerOptions, { noCheck: true, declaration: false });
  await writeFile(path('tsconfig.lib.json'), JSON.stringify(config));
  // The commands that start many processes are compiled; the others run the TypeScript, as in a checkout.
  const library = JSON.stringify(pathToFileURL(path('bench/setup/library.ts')).href);
  const build = `import(${library}).then(({ buildLibrary }) => buildLibrary())`;
  await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', build], { cwd: folder });

  const variants = await Promise.all(
    Object.entries({ deaf: 0.9, keen: 0.25 }).map(async ([name, threshold]) => {
      const bytes = loudnessClassifier(SAMPLES, threshold);
      await writeFile(path(`${name}.onnx`), bytes);
      const model = { file: `${name}.onnx`, sha256: sha256(bytes), sizeBytes: bytes.length, dtype: 'fp32' };
      return { name, sessions: { model }, accuracy: null, accuracySource: 'made up' };
    }),
  );
  const ends = recordings.map((_, i) => recordings.slice(0, i + 1).flat().length);
  const pack = gzip(
    safetensors({
      audio: f32([recordings.flat().length], recordings.flat()),
      audio_end: i32(ends),
      'label.level': i32(recordings.map((_, i) => i % 2)),
    }),
  );
  await writeFile(path('pack.bin'), pack);
  const manifest = {
    schema: 'ipa-edge/manifest@2',
    name: 'hall',
    title: 'Is it loud?',
    stages: [
      {
        name: 'level',
        task: 'loudness',
        input: { sampleRateHz: 16_000, samples: SAMPLES },
        classes: ['quiet', 'loud'],
        variants,
      },
    ],
    pack: { file: 'pack.bin', sha256: sha256(pack), source: 'made up' },
  };
  await writeFile(path('manifest.json'), JSON.stringify(manifest));
});

const COMPILED = 'dist/lib/bench/cli.js';

/** Runs a command of the copy. */
const edge = async (command: string, ...args: string[]) => {
  const ran = await ipaEdge(args, undefined, {}, path(command));
  expect(ran.code, ran.stderr).toBe(0);
  return ran;
};
const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(path(name), 'utf8'));

test('a task that only its folder and the registry know is profiled, planned, run and served', async () => {
  const manifest = ['--manifest', path('manifest.json')];
  await edge(
    COMPILED,
    ...['profile', ...manifest, '--backend', 'cpu', '--threads', '1', '--budget', '1s'],
    ...['--batches', '1,2,4', '--out', path('profile.json')],
  );
  const profile = parseProfile(await readJson('profile.json'), 'profile.json');
  const measured = profile.stages[0]!.variants.map(({ name, accuracy }) => [name, accuracy.measured]);
  expect(measured).toEqual([
    ['deaf', { value: 0.5, n: 24, others: { 'macro F1': 1 / 3 } }],
    ['keen', { value: 1, n: 24, others: { 'macro F1': 1 } }],
  ]);

  await edge(
    'bench/ipa-edge.js',
    ...[
      'plan',
      '--profile',
      path('profile.json'),
      '--sla',
      '60000',
      '--rate',
      '1',
      '--out',
      path('plan.json'),
    ],
  );
  const plan = parsePlan(await readJson('plan.json'), 'plan.json');
  expect(plan.stages[0]!.variant).toBe('keen');

  const { stdout } = await edge(
    COMPILED,
    ...['run', '--plan', path('plan.json'), ...manifest, '--rate', '10', '--duration', '1s'],
    ...['--out', path('report.json'), '--json'],
  );
  const report = parseRunReport(JSON.parse(stdout), 'the report');
  expect(report.result).toMatchObject({ completed: 10, accuracy: { endToEnd: 1 } });

  const serving = ipaAgentServe(
    ['--plan', path('plan.json'), ...manifest],
    {},
    { command: path('agent/ipa-agent.js') },
  );
  const url = await serving.listening;
  const client = new OipClient(url);
  const two = [recordings[0]!, recordings[1]!].map((samples) => samples.slice(0, 40));
  const audio = {
    name: 'audio',
    datatype: 'FP32',
    shape: [2, 40],
    data: Float32Array.from(two.flat()),
  } as const;
  const { outputs } = await client.infer('hall', { inputs: [audio] });
  client.close();
  serving.child.kill();
  await serving.ended;
  expect(outputs.find(({ name }) => name === 'labels')!.data).toEqual(Int32Array.of(0, 1));
});
