import { z } from 'zod';
import { recordOf } from '../../../solver/documents/common.ts';
import { parseAsset } from '../asset.ts';

const tokenIds = recordOf(z.int().nonnegative()).default({});

/** The fields of `generation_config.json` that define a Whisper model's prompt. Other models' files have none of them. */
const promptSchema = z.object({
  is_multilingual: z.boolean().default(false),
  lang_to_id: tokenIds,
  task_to_id: tokenIds,
  no_timestamps_token_id: z.int().nonnegative().nullish(),
});

/**
 * Reads the tokens that follow the start token in the prompt: for a multilingual Whisper the language and the task `transcribe`,
 * and for every Whisper the token that turns timestamps off.
 * @param language of the recordings, e.g. `en`
 * @param file `generation_config.json`
 * @throws InvalidDocumentError if the model does not know the language
 */
export function readWhisperPrompt(language: string, file: Uint8Array): readonly number[] {
  const token = `<|${language}|>`;
  const config = parseAsset(
    promptSchema.refine(
      ({ is_multilingual, lang_to_id }) => !is_multilingual || Object.hasOwn(lang_to_id, token),
      {
        path: ['lang_to_id'],
        message: `expected "${token}", the language of the stage`,
      },
    ),
    file,
    'generation_config.json',
  );
  const { is_multilingual, lang_to_id, task_to_id, no_timestamps_token_id: noTimestamps } = config;
  const spoken = is_multilingual ? [lang_to_id[token]!, task_to_id.transcribe] : [];
  return [...spoken, noTimestamps].filter((id) => id !== undefined && id !== null);
}
