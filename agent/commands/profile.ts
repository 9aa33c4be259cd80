import { type Command, Option } from 'commander';
import { needing } from '../../workers/command/needs.ts';
import {
  type Profiler,
  type ProfilerOptions,
  profileCommand as sharedProfileCommand,
} from '../../workers/command/profile.ts';
import { defaultBackends, defaultThreads, openProfiler } from '../service/machine.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { addEngineOptions, ENGINES, type EngineFlags, openEngine } from './engine.ts';
import { addPodOptions, givenSettings, type PodFlags } from './pod-options.ts';

interface TargetFlags extends EngineFlags, PodFlags {
  readonly pods?: true;
  readonly target: 'here' | (typeof ENGINES)[number];
}

export const profileCommand = (): Command => {
  const profile: Command = sharedProfileCommand({
    backends: { help: 'some of cpu, webgpu, cuda', default: defaultBackends() },
    threads: defaultThreads(),
    examples: `  $ ipa-agent profile --pipeline fashion --out profile.json
  $ ipa-agent profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json

With --target kubernetes a job profiles on a node that will serve: give the --backend and --threads of that node. A stopped
job keeps no measurements.

  $ ipa-agent profile --target kubernetes --image registry.example/ipa-edge:0.1.0 --pipeline fashion --node-selector pool=edge \\
      --out profile.json`,
    open(_backends, options) {
      const flags = profile.opts<TargetFlags>();
      return flags.target === 'here'
        ? openProfiler(options, flags.pods ? { pods: true } : {})
        : openEngineProfiler(flags, options);
    },
  });
  const target = new Option('--target <name>', 'where to profile: here, or on an engine')
    .choices(['here', ...ENGINES])
    .default('here');
  const pods = new Option(
    '--pods',
    'also measure how long batches travel to pods, so that plans on the profile suit a cluster (always on with --target kubernetes)',
  );
  const { length } = profile.addOption(target).addOption(pods).options;
  addEngineOptions(addPodOptions(profile, 'labels of the node to profile on'));
  for (const own of profile.options.slice(length)) needing(own, '--target kubernetes');
  return profile;
};

async function openEngineProfiler(
  flags: TargetFlags,
  { manifestPath, signal }: ProfilerOptions,
): Promise<Profiler> {
  const { pipeline } = await loadModelFolder(manifestPath, signal);
  const engine = await openEngine(flags, pipeline, givenSettings(flags));
  return {
    // Only the pod can tell which backends its node has, and it refuses one that is missing.
    whyUnavailable: async () => null,
    profile: (settings) => engine.profile(settings, { signal, onEvent: (line) => console.error(line) }),
    close: async () => {},
  };
}
