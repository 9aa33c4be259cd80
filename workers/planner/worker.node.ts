import { expose } from 'comlink';
import { parentEndpoint } from '../stage/pipe.ts';
import { PlannerService } from './service.ts';

expose(new PlannerService(), parentEndpoint());
