import { loaded } from '../part.ts';

/** Functions that import the code that changes pipelines, so that the page loads it when it is first used, not at its start. */

export const ownModels = () => loaded(import('./own-models.ts'));
export const ownPipelineFiles = () => loaded(import('./own-pipelines.ts'));
export const newPipelines = () => loaded(import('./new-pipelines.ts'));
