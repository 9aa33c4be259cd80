import { f32, i32, u8 } from './safetensors.ts';
import { classify, colour, detect, pipelineOf } from './stages.ts';

export const three = pipelineOf(detect, classify, colour);

/** The tensors of a pack for {@link three}: two scenes of 16 × 16, with one object in the second. */
export const twoScenes = () => ({
  images: u8([2, 1, 16, 16], new Uint8Array(512).fill(5, 0, 256).fill(9, 256)),
  boxes: f32([1, 4], [2, 3, 10, 11]),
  object_image: i32([1]),
  'label.classify': i32([2]),
  'label.colour': i32([1]),
});
