import type { PipelineStage } from '../../manifests/pipeline.ts';
import { LabelError } from '../../tasks/label-error.ts';
import type { NamedTensor } from '../write.ts';
import { UnfitDataError } from './unfit.ts';

/** The label of one row of a stage, in the form that a user writes it. */
interface RowLabel {
  /** A JSON value; undefined for a row that never reaches the stage. */
  readonly label: unknown;
  /** The text that the stage gets for the row; null if the stage gets no text or the text is unknown. */
  readonly text: string | null;
  /** The row's place in the source, for errors. */
  readonly where: string;
}

/** Reads the labels of a stage's rows; null for a row that never reaches the stage. @throws UnfitDataError */
export const truthsOf = ({ stage, task }: PipelineStage, rows: readonly RowLabel[]) =>
  rows.map(({ label, text, where }) => {
    if (label === undefined) return null;
    try {
      return task.readLabel(stage, label, text);
    } catch (error) {
      if (!(error instanceof LabelError)) throw error;
      throw new UnfitDataError(where, error.problem, error.remedy);
    }
  });

/** Makes the label tensors of a stage from its rows. @throws UnfitDataError */
export const labelTensors = (stage: PipelineStage, rows: readonly RowLabel[]): NamedTensor[] =>
  stage.task.writeTruths(stage.stage, truthsOf(stage, rows));
