import { profileCommand as command } from '../../workers/command/profile.ts';
import { openRunner } from '../runner/runner.ts';

export const profileCommand = () =>
  command({
    backends: {
      help: 'webgpu and wasm run in a browser; cpu and cuda run in Node, and so does webgpu if given with them',
      default: ['webgpu', 'wasm'],
    },
    threads: [1],
    examples: `  $ ipa-edge profile --pipeline fashion --out profile.json
  $ ipa-edge profile --manifest my/manifest.json --backend cpu --threads 1,2,4 --budget 5m --out profile.json`,
    open: openRunner,
  });
