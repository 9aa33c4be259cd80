import { expose } from 'comlink';
import { PlannerService } from './service.ts';

expose(new PlannerService());
