import { expose } from 'comlink';
import { ipcEndpoint } from '../../workers/stage/ipc.ts';
import { LoadGenerator } from './load.ts';

// Without its parent nobody can reach it any more.
process.on('disconnect', () => process.exit());
expose(new LoadGenerator(), ipcEndpoint(process as Required<Pick<NodeJS.Process, 'send'>> & NodeJS.Process));
