import { expose } from 'comlink';
import { createWebRuntime, importWebOrt } from '../../../workers/runtime/ort-web.ts';
import { OverheadHost } from './host.ts';

expose(new OverheadHost(createWebRuntime, importWebOrt));
