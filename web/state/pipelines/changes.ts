/** Functions that change pipelines. Their code is loaded when one is first used, not with the page. */

export const ownModels = () => import('./own-models.ts');
export const ownPipelineFiles = () => import('./own-pipelines.ts');
export const newPipelines = () => import('./new-pipelines.ts');
