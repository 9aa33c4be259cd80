import { expose } from 'comlink';
import { parentEndpoint } from '../../workers/stage/pipe.ts';
import { ServingProbe } from './probe.ts';

expose(new ServingProbe(), parentEndpoint());
