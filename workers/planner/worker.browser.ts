import { expose } from 'comlink';
import { Planner } from './api.ts';

expose(new Planner());
