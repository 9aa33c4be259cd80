import { expose } from 'comlink';
import { createNodeRuntime, importNodeOrt } from '../runtime/ort-node.ts';
import { ipcEndpoint } from '../stage/ipc.ts';
import { OverheadHost } from './host.ts';

process.on('disconnect', () => process.exit());
expose(
  new OverheadHost(createNodeRuntime, importNodeOrt),
  ipcEndpoint(process as Required<Pick<NodeJS.Process, 'send'>> & NodeJS.Process),
);
