import { profileCommand as command } from '../../workers/command/profile.ts';
import { openRunner } from '../runner/runner.ts';

export const profileCommand = () =>
  command({
    backends: {
      help: 'webgpu and wasm run in a browser; cpu, cuda, and webgpu beside them, run in Node',
      default: ['webgpu', 'wasm'],
    },
    threads: [1],
    examples: `  $ ipa-edge profile --pipeline fashion --out profile.json
  $ ipa-edge profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json`,
    open: openRunner,
  });
