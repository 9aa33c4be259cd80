import { expose } from 'comlink';
import { parentEndpoint } from '../../workers/stage/pipe.ts';
import { JunkClients } from './junk.ts';

expose(new JunkClients(), parentEndpoint());
