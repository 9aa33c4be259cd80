import { cropped } from '../../items/crop.ts';
import type { ItemFormatOf } from '../../items/item-format.ts';
import {
  type ClassifyingStage,
  type ClassResult,
  classesField,
  classifying,
  scoresField,
} from '../classes.ts';
import {
  checkPictures,
  croppedPictureInputField,
  type PictureStage,
  pictures,
  picturesField,
  picturesOf,
} from '../pictures.ts';
import type { Task } from '../task.ts';

const ID = 'image-classification';

type Stage = ClassifyingStage & PictureStage;

/** The task "image-classification": one class per picture. The next stage gets the same picture, resized to that stage's input. */
export const imageClassification: Task<Stage, ClassResult, number> = {
  id: ID,
  fields: {
    input: croppedPictureInputField,
    pictures: picturesField,
    classes: classesField,
    scores: scoresField,
  },
  variantFields: ['input', 'scores'],
  check: (stage, _index, problem) => checkPictures(stage, problem),

  itemFormat: picturesOf,
  children(stage, item, _result, next) {
    const own = picturesOf(stage);
    const whole = { x0: 0, y0: 0, x1: own.width, y1: own.height };
    return [cropped(item, own, whole, next as ItemFormatOf<'pixels'>)];
  },
  fanOut: () => 'one',
  ...classifying<Stage>(ID, { inputs: () => [pictures] }),
};
