import { expose } from 'comlink';
import { createWebRuntime } from '../runtime/ort-web.ts';
import { StageHost } from './host.ts';

expose(new StageHost(createWebRuntime));
