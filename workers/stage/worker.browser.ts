import { expose } from 'comlink';
import { createWebRuntime } from '../runtime/ort-web.ts';
import { takeCode } from '../runtime/shared-code.ts';
import { StageHost } from './host.ts';

takeCode();
expose(new StageHost(createWebRuntime));
