import { profileCommand as command } from '../../workers/command/profile.ts';
import { defaultBackends, defaultThreads, openProfiler } from '../machine.ts';

export const profileCommand = () =>
  command({
    backends: { help: 'some of cpu, webgpu, cuda', default: defaultBackends() },
    threads: defaultThreads(),
    examples: `  $ ipa-agent profile --pipeline fashion --out profile.json
  $ ipa-agent profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json`,
    open: (_backends, options) => openProfiler(options),
  });
