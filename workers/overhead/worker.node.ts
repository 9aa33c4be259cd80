import { expose } from 'comlink';
import { createNodeRuntime, importNodeOrt } from '../runtime/ort-node.ts';
import { parentEndpoint } from '../stage/pipe.ts';
import { OverheadHost } from './host.ts';

expose(new OverheadHost(createNodeRuntime, importNodeOrt), parentEndpoint());
