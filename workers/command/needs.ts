import type { Command, Option } from 'commander';
import { UsageError } from './exit.ts';

/** By option, those of which it needs one. */
const needs = new WeakMap<Option, readonly string[]>();

/** An option that says nothing unless one of others is given, as its help then tells. @param others e.g. `--adapt`, `--target kubernetes` */
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
    if (isAlone && command.getOptionValueSource(option.attributeName()) === 'cli')
      throw new UsageError(
        `${option.long} is an option of ${others.join(' or ')}: give that too, or leave ${option.long} out.`,
      );
  }
}
