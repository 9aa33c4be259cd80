import { describe, expect, it } from 'vitest';
import { SYSTEMS } from '../../bench/adaptation/rivals.ts';
import { dotsOf } from '../../web/report/adaptation/dots.ts';
import { othersOf, oursOf, settingText } from '../../web/report/adaptation/systems.ts';
import { adaptationReport } from './adaptation-fixtures.ts';

const comparison = () => structuredClone(adaptationReport().comparisons[0]!);

describe('a setting in words', () => {
  const [run] = comparison().ours;
  const told = (part: Partial<NonNullable<(typeof run & object)['setting']>>) =>
    settingText({ ...run!, setting: { ...run!.setting!, ...part } });

  it('has the percentile and every weight', () => {
    expect(told({ percentile: 95, beta: 0.001, eta: 0.02 })).toBe('p95, β\u00a00.001, η\u00a00.02');
  });

  it('has the least rate and how accuracies are joined, where they are not as usual', () => {
    expect(told({ percentile: 99, minRatePerS: 3, beta: 0.1, eta: 1, accuracy: 'mean' })).toBe(
      'p99, ≥ 3/s, β\u00a00.1, η\u00a01, mean of accuracies',
    );
  });

  it('tells runs apart that differ in the weight of switching alone', () => {
    const { ours } = comparison();
    const twice = [0, 1].map((eta) => ({ ...ours[0]!, setting: { ...ours[0]!.setting!, eta } }));
    expect(new Set(oursOf(twice).map(({ label }) => label)).size).toBe(2);
  });
});

describe('the styles of systems', () => {
  const found = comparison();
  const published = (system: string) => ({ ...found.rivals[0]!, system });
  const rivals = SYSTEMS.filter((system) => system !== 'ours').map(published);
  const styles = [...othersOf({ ...found, rivals }), ...oursOf(found.ours)].map(({ style }) => style);

  it('all differ, those of our runs with several weights of cost too', () => {
    expect(new Set(styles.map((style) => JSON.stringify(style))).size).toBe(styles.length);
  });

  it('of other systems never have our colour, and differ in their dashes to readers who see no colours', () => {
    const others = styles.slice(0, rivals.length + 1);
    expect(others.map(({ colour }) => colour)).not.toContain(styles.at(-1)!.colour);
    expect(new Set(others.map(({ dash }) => dash)).size).toBe(others.length);
  });
});

describe('places of runs by cost and accuracy', () => {
  it('are one for each run that lies apart', () => {
    const runs = othersOf(comparison());
    expect(dotsOf(runs).map((place) => place.runs)).toEqual(runs.map((run) => [run]));
  });

  it('hold all runs that lie on each other', () => {
    const found = comparison();
    const [ipa, low] = found.rivals;
    Object.assign(low!, { cost: ipa!.cost, pas: ipa!.pas });
    const [first, ...rest] = dotsOf(othersOf(found));
    expect(first!.runs.map(({ label }) => label)).toEqual(['IPA', 'FA2-low']);
    expect(rest.every(({ runs }) => runs.length === 1)).toBe(true);
  });
});
