import '../../workers/runtime/no-telemetry.ts';
import { keepFields } from '../../models/items/fields.ts';
import { type ItemBatch, itemsOf } from '../../models/items/item-batch.ts';
import type { ModelBytes } from '../../models/manifests/load.ts';
import type { PipelineStage } from '../../models/manifests/pipeline.ts';
import type { CtcAlphabet } from '../../models/tasks/automatic-speech-recognition/ctc.ts';
import { Scratch } from '../../models/tasks/program.ts';
import { programOf } from '../../models/tasks/registry.ts';
import type { StageResult } from '../../models/tasks/task.ts';
import type { Encoder } from '../../models/tasks/tokens.ts';
import type { ManifestStage } from '../../solver/documents/manifest.ts';
import { createNodeRuntime } from '../../workers/runtime/ort-node.ts';
import type { OrtSession } from '../../workers/runtime/runtime.ts';

/** Runs real models on items of their stage, on one core. @param seen changes the stage that the program sees */
export async function runModel(
  models: ModelBytes,
  { stage, task, format }: PipelineStage,
  items: ItemBatch,
  seen = (prepared: ManifestStage): ManifestStage => prepared,
): Promise<StageResult[]> {
  if (items.lengths.length === 0) return [];
  const runtime = await createNodeRuntime(1);
  const program = programOf(stage, Object.keys(models))!;
  const prepared = seen((await program.prepare?.(stage, models)) ?? stage);
  const sessions: Record<string, OrtSession> = {};
  for (const [role, { keeps = false }] of Object.entries(program.signatures(stage)))
    sessions[role] = await runtime.createSession(models[role]!, 'cpu', { keeps });
  const own = itemsOf(items).map((item) => keepFields(format, task.itemFormat(stage), item));
  const { results } = await program.run(prepared, own, sessions, new Scratch());
  for (const session of Object.values(sessions)) await session.release();
  return results;
}

/** Returns the tokens that models write for items: those of a generating model without the end, of a CTC model without blanks. */
export async function tokensOf(...[models, stage, items]: Parameters<typeof runModel>): Promise<number[][]> {
  const inNumbers = (prepared: ManifestStage) => {
    const { encoder, alphabet } = prepared as { encoder?: Encoder; alphabet?: CtcAlphabet };
    return {
      ...prepared,
      encoder: encoder && { ...encoder, text: (ids: readonly number[]) => ids.join(' ') },
      alphabet: alphabet && {
        ...alphabet,
        letters: new Map([...alphabet.letters.keys()].map((id) => [id, `${id} `])),
      },
    };
  };
  const results = await runModel(models, stage, items, inNumbers);
  return results.map((result) => (result as unknown as { text: string }).text.split(' ').map(Number));
}
