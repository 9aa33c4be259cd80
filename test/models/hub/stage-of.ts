import { hubStage } from '../../../models/hub/stage.ts';
import { modelOf } from './models.ts';

/** The fields of the stage that a hub model becomes, without its name and variants. */
export const stageOf = (
  given: { config: unknown; preprocessor?: unknown; tokenizer?: unknown; generation?: unknown },
  { repositoryTask = null, task }: { repositoryTask?: string | null; task?: string | undefined } = {},
): Record<string, unknown> => {
  const {
    stage: { name: _, variants: __, ...stage },
  } = hubStage(modelOf('owner/model', given, repositoryTask), task);
  return stage;
};
