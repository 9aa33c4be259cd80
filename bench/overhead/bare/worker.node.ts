import { expose } from 'comlink';
import { createNodeRuntime, importNodeOrt } from '../../../workers/runtime/ort-node.ts';
import { parentEndpoint } from '../../../workers/stage/pipe.ts';
import { OverheadHost } from './host.ts';

expose(new OverheadHost(createNodeRuntime, importNodeOrt), parentEndpoint());
