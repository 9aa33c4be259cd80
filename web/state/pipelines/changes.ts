/** Functions that import the code that changes pipelines, so that the page loads it when it is first used, not at its start. */

export const ownModels = () => import('./own-models.ts');
export const ownPipelineFiles = () => import('./own-pipelines.ts');
export const newPipelines = () => import('./new-pipelines.ts');
