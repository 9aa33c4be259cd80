import { constants, setPriority } from 'node:os';
import { expose } from 'comlink';
import { parentEndpoint } from '../../../workers/stage/pipe.ts';
import { DecoderService } from './service.ts';

// Requests with large JSON must not take the time of the models and of other requests.
setPriority(constants.priority.PRIORITY_LOW);
expose(new DecoderService(), parentEndpoint());
