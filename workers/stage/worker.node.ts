import { expose } from 'comlink';
import { createNodeRuntime } from '../runtime/ort-node.ts';
import { StageHost } from './host.ts';
import { parentEndpoint } from './pipe.ts';

expose(new StageHost(createNodeRuntime), parentEndpoint());
