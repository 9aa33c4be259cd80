import { isDescribed } from '../files/model-folders.ts';
import { addOneByOne } from './adding.ts';
import { classifierPipeline } from './classifier-pipeline.ts';
import { type AskedTask, describedPipeline } from './described-models.ts';
import { keepPipeline } from './made-pipeline.ts';

export { graphText, seeModels } from './seen-models.ts';

/**
 * Makes a pipeline of models, without a manifest. With the files that the hub has beside them, models may have any task; an ONNX file
 * alone must classify pictures. Without labelled data the pipeline has no pack, so that times alone can be measured.
 * @param data labelled data that a pack is made of; empty for none
 * @param asked the user's word where the files do not tell the task
 * @throws the errors of {@link describedPipeline} or {@link classifierPipeline}, and of {@link keepPipeline}
 */
export const makePipeline = (
  models: readonly File[],
  data: readonly File[],
  asked: AskedTask = {},
): Promise<void> =>
  addOneByOne(async (addition) => {
    const made = isDescribed(models)
      ? await describedPipeline(models, data, asked, addition)
      : await classifierPipeline(models, data, addition);
    await keepPipeline(made, addition.step);
  });
