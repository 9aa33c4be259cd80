import { getOrMake } from '../../../solver/math/maps.ts';
import { checkItem } from '../../items/item-format.ts';
import type { Program, ProgramRun } from '../program.ts';
import { lengthOf, recordings, type SpeechStage } from './features.ts';

/**
 * Wraps a program so that each of its runs gets only recordings whose features have the same size, because padding would change
 * the results. Whisper's features all have the same size, so its batches stay whole.
 */
export const oneSizeAtATime = <S extends SpeechStage, R>(program: Program<S, R>): Program<S, R> => ({
  ...program,
  async run(stage, items, sessions, scratch) {
    const bySize = new Map<string, number[]>();
    items.forEach((item, i) => {
      checkItem(stage.name, recordings(stage), item);
      const size = String(stage.features!.dimsOf(lengthOf(item)));
      getOrMake(bySize, size, () => []).push(i);
    });
    const results = new Array<R>(items.length);
    const parts: ProgramRun<R>[] = [];
    for (const group of bySize.values()) {
      const own = group.map((i) => items[i]!);
      const part = await program.run(stage, own, sessions, scratch);
      group.forEach((i, at) => {
        results[i] = part.results[at]!;
      });
      parts.push(part);
    }
    return {
      results,
      outputs: parts.flatMap(({ outputs }) => outputs),
      runs: parts.flatMap(({ runs }) => runs),
    };
  },
});
