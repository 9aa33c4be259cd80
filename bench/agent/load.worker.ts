import { expose } from 'comlink';
import { parentEndpoint } from '../../workers/stage/pipe.ts';
import { LoadGenerator } from './load.ts';

expose(new LoadGenerator(), parentEndpoint());
