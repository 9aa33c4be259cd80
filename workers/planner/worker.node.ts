import { expose } from 'comlink';
import { parentEndpoint } from '../stage/pipe.ts';
import { Planner } from './api.ts';

expose(new Planner(), parentEndpoint());
