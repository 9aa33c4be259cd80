import { smallest } from '../math/statistics.ts';
import { type Core, type CoreOption, TOLERANCE } from './core.ts';
import type { Bound } from './relaxation.ts';
import type { Region } from './secant.ts';

/** Options of the first stages of a region, as a list that starts at the last of these stages. */
interface Part {
  readonly option: CoreOption;
  readonly before: Part | undefined;
  /** Sum of the options' gaps. */
  readonly gap: number;
  /** For each limit, how much more the options use than the least that these stages can use. */
  readonly extra: readonly number[];
}

/**
 * Good choices of a region, the smallest sum of gaps first, found stage by stage: after each stage only the `width` parts with the
 * smallest sums of gaps stay, of those that the other stages can complete within the limits. So the best choice may be missed.
 */
export function beam(
  core: Core,
  { stages }: Region,
  { gaps }: Pick<Bound, 'gaps'>,
  width: number,
): CoreOption[][] {
  const least = stages.map((options) => core.limits.map((_, r) => smallest(options.map((o) => o.use[r]!))));
  const room = core.limits.map((limit, r) =>
    least.reduce((left, uses) => left - uses[r]!, limit + TOLERANCE),
  );
  let parts: (Part | undefined)[] = [undefined];
  for (const [s, options] of stages.entries()) {
    const longer: Part[] = [];
    for (const before of parts)
      for (const [o, option] of options.entries()) {
        const extra = option.use.map((use, r) => (before?.extra[r] ?? 0) + use - least[s]![r]!);
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
