import type { Peak } from '../views/items/waveform.ts';

/** One request of a pipeline with its items and answers at each stage, from which the page draws the pipeline. */
export interface Sample {
  readonly stages: readonly SampleStage[];
}

/** A stage's items of the request, and its answers. */
interface SampleStage {
  readonly name: string;
  readonly items: readonly SampleItem[];
  /** The answer to each item in words; empty if the answers only become items of the next stage. */
  readonly answers: readonly string[];
}

export type SampleItem =
  | {
      readonly kind: 'pixels';
      readonly channels: number;
      readonly height: number;
      readonly width: number;
      /** The values in the order [channels, height, width], in base64. */
      readonly base64: string;
    }
  | {
      readonly kind: 'audio';
      readonly peaks: readonly Peak[];
    }
  | { readonly kind: 'text'; readonly text: string };
