import { isDescribed } from '../../../models/hub/given/model-folders.ts';
import { addOneByOne } from './adding.ts';
import { classifierPipeline } from './classifier-pipeline.ts';
import { type AskedTask, describedPipeline } from './described-models.ts';
import { type AskedDetector, detectorPipeline, isDetector } from './detector-pipeline.ts';
import { keepPipeline } from './made-pipeline.ts';
import { firstModel } from './one-stage-pipeline.ts';

export { seeModels } from './seen-models.ts';

/**
 * Makes a pipeline from models without a manifest. Models that come with their configuration files from the hub may have any
 * task; a bare ONNX file must be a picture classifier or a detector in a YOLO format. Without labelled data the pipeline has no
 * pack, so that only times can be measured.
 * @param data labelled data to make a pack from; empty for none
 * @param asked the user's answers; the models' files supply absent ones
 * @throws the errors of {@link describedPipeline}, {@link detectorPipeline}, {@link classifierPipeline} and {@link keepPipeline}
 */
export const makePipeline = (
  models: readonly File[],
  data: readonly File[],
  asked: AskedTask & AskedDetector = {},
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
