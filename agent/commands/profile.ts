import { type Command, Option } from 'commander';
import {
  profileCommand as command,
  type Profiler,
  type ProfilerOptions,
} from '../../workers/command/profile.ts';
import { type KubeconfigOptions, openCluster } from '../kubernetes/client.ts';
import { profileInCluster } from '../kubernetes/profile.ts';
import { defaultBackends, defaultThreads, openProfiler } from '../service/machine.ts';
import { loadModelFolder } from '../service/model-folder.ts';
import { addClusterOptions, type ClusterFlags, clusterSettings } from './cluster.ts';
import { addKubeconfigOptions } from './kubeconfig.ts';

interface TargetFlags extends ClusterFlags, KubeconfigOptions {
  readonly target: 'here' | 'kubernetes';
}

export const profileCommand = (): Command => {
  const profile: Command = command({
    backends: { help: 'some of cpu, webgpu, cuda', default: defaultBackends() },
    threads: defaultThreads(),
    examples: `  $ ipa-agent profile --pipeline fashion --out profile.json
  $ ipa-agent profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json

With --target kubernetes a job profiles on the nodes that are to serve: give the --backend and --threads that they have.
Stopped, it begins anew.

  $ ipa-agent profile --target kubernetes --pipeline fashion --node-selector pool=edge --out profile.json`,
    open(_backends, options) {
      const flags = profile.opts<TargetFlags>();
      return flags.target === 'here' ? openProfiler(options) : openClusterProfiler(flags, options);
    },
  });
  const target = new Option('--target <name>', 'where to profile')
    .choices(['here', 'kubernetes'])
    .default('here');
  return addKubeconfigOptions(addClusterOptions(profile.addOption(target)));
};

async function openClusterProfiler(
  flags: TargetFlags,
  { manifestPath, signal }: ProfilerOptions,
): Promise<Profiler> {
  const { manifest } = await loadModelFolder(manifestPath);
  const cluster = await openCluster(flags);
  const deployed = { facts: manifest, settings: clusterSettings(flags, manifest.name) };
  return {
    profile: (settings) =>
      profileInCluster(cluster, { pipeline: manifest.name, ...settings }, deployed, {
        signal,
        onLine: (line) => console.error(line),
      }),
    close: async () => {},
  };
}
