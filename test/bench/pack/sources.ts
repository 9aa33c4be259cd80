import { onDisk } from '../../../bench/pack/disk.ts';
import { parsePack } from '../../../models/packs/pack.ts';
import type { SourceOptions } from '../../../models/packs/sources/source.ts';
import { type NamedTensor, packBytes } from '../../../models/packs/write.ts';
import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import { pipelineOf, spam } from '../../models/stages.ts';

/** Reads labelled data on the disk for pipelines of given stages. */

/** A stage that answers questions. */
export const answer = {
  ...{ name: 'answer', task: 'question-answering', variants: spam.variants, unanswerable: false },
  input: { length: 16, stride: 4 },
};
/** A stage that also says which questions have no answer. */
export const answerOrNone = { ...answer, unanswerable: true };

export const optionsOf = (...stages: ManifestStage[]) => ({
  pipeline: pipelineOf(...stages),
  ...{ limit: 100, seed: 1, files: onDisk, onItem() {} },
});

/** Writes a pack of the tensors that `read` returns, and reads this pack. */
export async function packed(
  stages: readonly ManifestStage[],
  read: (options: SourceOptions) => Promise<readonly NamedTensor[]>,
) {
  const options = optionsOf(...stages);
  return parsePack(await packBytes([...(await read(options))]), options.pipeline);
}

export const jsonLines = (...rows: object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
