import { expose } from 'comlink';
import { ipcEndpoint } from '../stage/ipc.ts';
import { Planner } from './api.ts';

// Without its parent nobody can reach it any more.
process.on('disconnect', () => process.exit());
expose(new Planner(), ipcEndpoint(process as Required<Pick<NodeJS.Process, 'send'>> & NodeJS.Process));
