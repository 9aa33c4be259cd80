import type { Command, Option } from 'commander';
import { UsageError } from './exit.ts';

/** For each option, the other options of which it needs at least one. */
const needs = new WeakMap<Option, readonly string[]>();

/**
 * Marks an option as meaningless unless one of the others is given, and adds this condition to the option's help.
 * @param others flags, with a value if the flag must have that value, e.g. `--adapt`, `--target kubernetes`
 */
export function needing(option: Option, ...others: string[]): Option {
  option.description = `with ${others.join(' or ')}: ${option.description}`;
  needs.set(option, others);
  return option;
}

/** @throws UsageError if an option is given without one that it needs */
export function checkNeeds(command: Command): void {
  const isGiven = (other: string): boolean => {
    const [flag, wanted] = other.split(' ');
    const value = command.getOptionValue(command.options.find(({ long }) => long === flag)!.attributeName());
    return wanted === undefined ? value !== undefined : value === wanted;
  };
  for (const option of command.options) {
    const others = needs.get(option);
    const isAlone = others && !others.some(isGiven);
    if (!isAlone || command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const needed = others.length > 1 ? 'one of them' : 'that';
    throw new UsageError(
      `${option.long} is an option of ${others.join(' or ')}: give ${needed} too, or leave ${option.long} out.`,
    );
  }
}
