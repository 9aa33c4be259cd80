/**
 * Measures the time that profiler and executor add to bare ONNX Runtime sessions on each backend. Measured and bare runs
 * alternate in one process: `npm run bench:overhead [-- --backend webgpu,wasm,cpu --batches 1,8 --json]`.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { loadManifest } from '../../models/manifests/load.ts';
import { type Backend, onGpu } from '../../solver/documents/common.ts';
import { median, nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { handPlan } from '../../test/workers/hand-plan.ts';
import * as option from '../../workers/command/options.ts';
import { ROOT } from '../../workers/command/root.ts';
import { ms, table } from '../../workers/command/terminal.ts';
import { nodeEnvironment } from '../../workers/environment/node.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import { MANIFEST_URL, serveManifest } from '../runner/host.ts';
import { launchBrowser } from '../setup/browser.js';
import { buildPage } from '../setup/built.ts';
import { machineText } from '../setup/machine.ts';
import { spawnInNode } from './bare/node.ts';
import { throughputShares } from './executor.ts';
import { measureOverhead, type OverheadResult } from './measure.ts';
import type { OverheadPage } from './page/page.ts';
import type { OverheadRequest } from './types.ts';

const TARGET = { profiler: 1.03, executor: 0.9 };

const flags = new Command('bench:overhead')
  .description('compare the profiler and the executor with bare ONNX Runtime')
  .option('--backend <list>', 'some of webgpu, wasm (in a browser), cpu (in Node)', option.backends, [
    'webgpu',
    'wasm',
  ])
  .option('--batches <list>', 'batch sizes of the cells that the profiler measures', option.batches, [1, 8])
  .option('--cell <duration>', 'minimum time for each cell', option.duration, 2)
  .option('--rounds <n>', 'rounds of the executor, alternating with as many bare ones', option.integer, 5)
  .option('--json', 'print the measurements as JSON')
  .parse()
  .opts();

const manifestPath = option.manifestPath({ pipeline: 'fashion' });
const models = await loadManifest(manifestPath, fileReader());

/**
 * On a CPU, the heaviest variants get a worker per stage. On a GPU, lighter variants share one worker, because software adapters
 * are slow.
 */
const requestOf = (backend: Backend): OverheadRequest => ({
  backend,
  batches: flags.batches,
  cellMs: 1000 * flags.cell,
  plan: handPlan(models, {
    backend,
    batch: 8,
    variants: onGpu(backend) ? ['det8', 'cnn16'] : ['det16', 'res32'],
    workers: onGpu(backend) ? [['detect', 'classify']] : [['detect'], ['classify']],
  }),
  rounds: flags.rounds,
  roundMs: 6000,
});

const PAGE = join(ROOT, 'dist/overhead');

/** Measures one backend in a new page. */
async function measureInBrowser(request: OverheadRequest): Promise<OverheadResult> {
  await buildPage({
    configFile: false,
    root: join(ROOT, 'bench/overhead/page'),
    worker: { format: 'es' },
    build: { target: 'esnext', outDir: PAGE, emptyOutDir: true },
  });
  const host = await serveManifest(manifestPath, PAGE);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(host.url);
    return await page.evaluate(
      ([url, asked]) => (globalThis as unknown as { overhead: OverheadPage }).overhead.measure(url, asked),
      [MANIFEST_URL, request] as const,
    );
  } finally {
    await browser.close();
    await host.close();
  }
}

const results: Record<string, OverheadResult> = {};
for (const backend of flags.backend as Backend[]) {
  console.error(`measuring ${backend} …`);
  const request = requestOf(backend);
  results[backend] =
    backend === 'cpu' || backend === 'cuda'
      ? await measureOverhead(models, nodeEnvironment(), spawnInNode, request)
      : await measureInBrowser(request);
}

const machine = machineText();
const date = new Date().toISOString();

function show(backend: string, { device, cells, executor }: OverheadResult): string {
  const software = backend === 'webgpu' && device.adapter?.software;
  const ratios = sortedNumbers(cells.map((cell) => cell.profilerMs / cell.bareMs));
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(' ');
  const shares = throughputShares(executor);
  return [
    `── ${backend}: ${device.agent}, ONNX Runtime ${device.ortVersion} (${device.ortBuild})${software ? ', SOFTWARE ADAPTER: WebGPU runs on the CPU' : ''} ──`,
    `Profiler: median inferenceMs ÷ median of bare session.run + getData (target: at most ${TARGET.profiler})`,
    table(
      ['variant', 'batch', 'n', 'bare ms', 'profiler ms', 'ratio', 'on target'],
      cells.map(({ stage, variant, batch, n, bareMs, profilerMs }) => [
        `${stage}/${variant}`,
        String(batch),
        String(n),
        ms(bareMs),
        ms(profilerMs),
        (profilerMs / bareMs).toFixed(3),
        profilerMs / bareMs <= TARGET.profiler ? 'yes' : 'NO',
      ]),
    ),
    cells.length === 0
      ? 'no cell takes 1 ms'
      : `${cells.length} cells of at least 1 ms: ratio median ${nearestRank(ratios, 50).toFixed(3)}, highest ${ratios.at(-1)!.toFixed(3)}`,
    '',
    `Executor: ${executor.variants.join(' → ')}, batches ${executor.batches.join(' → ')}, saturated with ${executor.requests} requests ` +
      `(${executor.items.join(' → ')} items in ${executor.executorBatches.join(' → ')} batches)`,
    `a batch, median: bare ${executor.bareBatchMs.map(ms).join(' → ')} ms, round trip in the executor ${executor.executorBatchMs.map(ms).join(' → ')} ms`,
    `bare requests/s      ${list(executor.barePerS)}`,
    `executor requests/s  ${list(executor.executorPerS)}`,
    `share by round       ${shares.map((share) => share.toFixed(3)).join(' ')}`,
    `share of bare throughput, median ${median(shares).toFixed(3)} (target at least ${TARGET.executor})` +
      `${median(shares) < TARGET.executor ? ': MISSED' : ''}`,
  ].join('\n');
}

if (flags.json) console.log(JSON.stringify({ date, machine, results }));
else {
  console.log(`${date}, ${machine}, interleaved in one run per backend\n`);
  for (const [backend, result] of Object.entries(results)) console.log(`${show(backend, result)}\n`);
}
