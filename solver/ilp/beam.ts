import { type Core, type CoreOption, leastUses, TOLERANCE } from './core.ts';
import type { Bound } from './relaxation.ts';
import type { Region } from './secant.ts';

/** Chosen options of a region's first stages, as a linked list: each option points to that of the stage before. */
interface Part {
  readonly option: CoreOption;
  readonly before: Part | undefined;
  /** Sum of the options' gaps: how much they lower the region's bound. */
  readonly gap: number;
  /** For each limit, the use of these options beyond the least that their stages could use. */
  readonly extra: readonly number[];
}

/**
 * Finds good choices of a region stage by stage, and returns them by rising sum of gaps. After each stage it keeps the `width`
 * parts with the smallest sums of gaps, of those that fit each limit if the later stages use as little as they can. It may miss
 * the best choice, because a part that was not kept may lead there.
 */
export function beam(
  core: Core,
  { stages }: Region,
  { gaps }: Pick<Bound, 'gaps'>,
  width: number,
): CoreOption[][] {
  const least = leastUses(core, stages);
  const room = core.limits.map((limit, r) => least[r]!.reduce((left, use) => left - use, limit + TOLERANCE));
  let parts: (Part | undefined)[] = [undefined];
  for (const [s, options] of stages.entries()) {
    const longer: Part[] = [];
    for (const before of parts)
      for (const [o, option] of options.entries()) {
        const extra = option.use.map((use, r) => (before?.extra[r] ?? 0) + use - least[r]![s]!);
        if (extra.every((use, r) => use <= room[r]!))
          longer.push({ option, before, gap: (before?.gap ?? 0) + gaps[s]![o]!, extra });
      }
    parts = longer.sort((a, b) => a.gap - b.gap).slice(0, width);
  }
  return parts.map(optionsOf);
}

/** The options of a part, the first stage's first. */
function optionsOf(part: Part | undefined): CoreOption[] {
  const options: CoreOption[] = [];
  for (let at = part; at; at = at.before) options.push(at.option);
  return options.reverse();
}
