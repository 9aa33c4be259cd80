import { constants, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { expose } from 'comlink';
import { parentEndpoint } from '../../../workers/stage/pipe.ts';
import { DecoderService } from './service.ts';

// Requests with large JSON must not take the time of the models and of other requests.
setPriority(constants.priority.PRIORITY_LOW);
// The heap's part for new objects stays small: large JSON would make it grow by 30 MB, which V8 would never give back.
setFlagsFromString('--semi-space-growth-factor=1');
expose(new DecoderService(), parentEndpoint());
