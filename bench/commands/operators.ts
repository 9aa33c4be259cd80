import { Command, InvalidArgumentError, Option } from 'commander';
import { loadManifest } from '../../models/manifests/load.ts';
import type { CellKey } from '../../solver/documents/cell.ts';
import type { Backend } from '../../solver/documents/common.ts';
import type { Manifest } from '../../solver/documents/manifest.ts';
import { availableBackends } from '../../workers/command/backends.ts';
import { interruptSignal, UsageError } from '../../workers/command/exit.ts';
import { needing } from '../../workers/command/needs.ts';
import * as option from '../../workers/command/options.ts';
import { ms, table } from '../../workers/command/terminal.ts';
import { fileReader } from '../../workers/hub/reader.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';
import { MemoryStore } from '../../workers/store/memory.ts';
import { openRunner } from '../runner/runner.ts';

export const operatorsCommand = () =>
  new Command('operators')
    .description("show which operators take a variant's time, by ONNX Runtime's profiler")
    .addOption(option.pipelineOption())
    .addOption(option.manifestOption())
    .requiredOption('--stage <name>', 'the stage')
    .requiredOption('--variant <name>', "the stage's variant")
    .option(
      '--backend <name>',
      'webgpu and wasm run in a browser; cpu and cuda run in Node',
      oneBackend,
      'wasm',
    )
    .addOption(
      needing(
        new Option('--threads <n>', 'threads of the backend').argParser(option.count).default(1),
        '--backend wasm',
        '--backend cpu',
      ),
    )
    .option('--batch <n>', 'items of a batch', option.batch, 1)
    .addOption(option.jsonOption())
    .addHelpText(
      'after',
      `
The profiler makes runs slower: trust the shares rather than the times.

  $ ipa-edge operators --pipeline fashion --stage detect --variant det8 --backend cpu`,
    )
    .action(async (options, command) => {
      const signal = interruptSignal();
      const manifestPath = option.manifestPath(options);
      const { manifest } = await loadManifest(manifestPath, fileReader(signal));
      const { stage, variant, backend, threads, batch } = options;
      checkVariant(manifest, stage, variant);
      const runner = await openRunner([backend], {
        manifestPath,
        store: new MemoryStore(),
        signal,
        onProgress: () => {},
      });
      try {
        await availableBackends(command, [backend], runner.whyUnavailable);
        const key: CellKey = { stage, variant, backend, threads, batch };
        const times = await runner.operators(key);
        console.log(options.json ? JSON.stringify(times) : text(key, times));
      } finally {
        await runner.close();
      }
    });

function oneBackend(name: string): Backend {
  const [backend, another] = option.backends(name);
  if (another) throw new InvalidArgumentError('Expected one backend.');
  return backend!;
}

/** @throws UsageError */
function checkVariant({ name, stages }: Manifest, stage: string, variant: string): void {
  const found = stages.find((one) => one.name === stage);
  if (!found)
    throw new UsageError(
      `Pipeline ${name} has no stage ${stage}. Choose one of ${stages.map((one) => one.name).join(', ')} with --stage.`,
    );
  if (!found.variants.some((one) => one.name === variant))
    throw new UsageError(
      `Stage ${stage} has no variant ${variant}. Choose one of ${found.variants.map((one) => one.name).join(', ')} with --variant.`,
    );
}

function text(
  { stage, variant, backend, batch }: CellKey,
  { batches, batchMs, operators, kernelsTimed }: OperatorTimes,
): string {
  if (!kernelsTimed)
    return `The GPU reported no times of the kernels of ${stage}/${variant}. Choose another backend with --backend.`;
  if (operators.length === 0)
    return `ONNX Runtime reported nothing about the operators of ${stage}/${variant} on ${backend}.`;
  const sum = operators.reduce((total, one) => total + one.ms, 0);
  const rows = operators.map((one) => [
    one.operator,
    one.session,
    one.on,
    String(Math.round(100 * one.calls) / 100),
    ms(one.ms),
    (sum > 0 ? (100 * one.ms) / sum : 0).toFixed(1),
  ]);
  return (
    `${table(['operator', 'session', 'runs on', 'calls', 'ms', 'share %'], rows)}\n\n` +
    `${stage}/${variant} on ${backend}, batch ${batch}: operators took ${ms(sum)} of ${ms(batchMs)} ms a batch, ` +
    `on average over ${batches} batches after a warm-up, with the profiler on, which makes runs slower.`
  );
}
