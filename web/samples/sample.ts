import type { Peak } from '../views/items/waveform.ts';

/** One request of a pipeline's labelled pack, from the request to the answer: what the page draws a pipeline with. */
export interface Sample {
  readonly stages: readonly SampleStage[];
}

/** What one stage got for the request, and what it answered. */
export interface SampleStage {
  readonly name: string;
  readonly items: readonly SampleItem[];
  /** The answer to each item in words; empty where an answer is the next stage's items. */
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
      readonly seconds: number;
      readonly peaks: readonly Peak[];
    }
  | { readonly kind: 'text'; readonly text: string };
