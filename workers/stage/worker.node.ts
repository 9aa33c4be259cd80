import { expose } from 'comlink';
import { createNodeRuntime } from '../runtime/ort-node.ts';
import { StageHost } from './host.ts';
import { ipcEndpoint } from './ipc.ts';

// Without its parent nobody can reach it any more.
process.on('disconnect', () => process.exit());
expose(
  new StageHost(createNodeRuntime),
  ipcEndpoint(process as Required<Pick<NodeJS.Process, 'send'>> & NodeJS.Process),
);
