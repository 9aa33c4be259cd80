import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { addOneByOne } from './adding.ts';
import { type AskedPictures, classifierPipeline } from './classifier-pipeline.ts';
import { type AskedTask, describedPipeline } from './described-models.ts';
import { type AskedDetector, detectorPipeline, isDetector } from './detector-pipeline.ts';
import { keepPipeline } from './made-pipeline.ts';
import { firstModel } from './one-stage-pipeline.ts';

export { seeModels } from './seen-models.ts';

/**
 * Makes a pipeline of models, without a manifest. With the files that the hub has beside them, models may have any task; an ONNX
 * file alone must detect objects in a YOLO format, or classify pictures. Without labelled data the pipeline has no pack, so that
 * only times can be measured.
 * @param data labelled data that a pack is made of; empty for none
 * @param asked what the user states; the files tell whatever is absent here
 * @throws the errors of {@link describedPipeline}, {@link detectorPipeline} or {@link classifierPipeline}, and of {@link keepPipeline}
 */
export const makePipeline = (
  models: readonly File[],
  data: readonly File[],
  asked: AskedTask & AskedPictures & AskedDetector = {},
): Promise<void> =>
  addOneByOne(async (addition) => {
    const make = async () => {
      if (isDescribed(models)) return describedPipeline(models, data, asked, addition);
      const first = await firstModel(models, addition.step);
      return isDetector(first)
        ? detectorPipeline(models, data, first, asked, addition)
        : classifierPipeline(models, data, first, asked, addition);
    };
    await keepPipeline(await make(), addition.step);
  });
