import { describe, expect, it } from 'vitest';
import { lossOf } from '../../bench/adaptation/choose.ts';
import { SYSTEMS } from '../../bench/adaptation/rivals.ts';
import { summaryTable, table } from '../../bench/adaptation/table.ts';
import type { AdaptationRun, Comparison } from '../../solver/documents/adaptation-report.ts';
import { parseReport } from '../../solver/documents/report.ts';
import { REPORT } from '../../solver/documents/run-report.ts';
import { against } from '../../solver/report/against.ts';

const setting = { percentile: 99, minRatePerS: 0, accuracy: 'product', beta: 0.1, eta: 0.02 } as const;
const run = (system: string, pas: number, cost: number, slaAttainment = 0.99): AdaptationRun => ({
  system,
  predictor: 'learned',
  setting: system === 'ours' ? setting : null,
  slaAttainment,
  p95Ms: 100,
  pas,
  cost,
  switches: 3,
  overTime: [],
});

/** Makes a comparison in which IPA has a PAS of 0.5 at a cost of 10, and all other rivals do as IPA does. */
const comparison = (ours: AdaptationRun[], ipaAttains = 0.99, training = false): Comparison => ({
  pipeline: 'ipa-video',
  workload: 'bursty-11',
  training,
  scale: 1,
  slaMs: 1000,
  requests: 1000,
  rivals: SYSTEMS.filter((name) => name !== 'ours').map((name) => run(name, 0.5, 10, ipaAttains)),
  ours,
  oracle: run('ours', 0.5, 5),
});

const cheaper = [run('ours', 0.4, 4), run('ours', 0.6, 8)];

describe('our system against IPA', () => {
  it('is read off at its PAS and at its cost', () => {
    const { atPas, atCost } = against(comparison(cheaper), 'ipa')!;
    expect(atPas!.costRatio).toBeCloseTo(0.6, 2);
    expect(atPas!.slaAttainment).toBeCloseTo(0.99);
    expect(atCost!.pas).toBe(0.6);
  });

  it('has the same PAS, if it differs by less than a thousandth', () => {
    expect(against(comparison([run('ours', 0.4997, 9)]), 'ipa')!.atPas!.costRatio).toBeCloseTo(0.9);
    expect(against(comparison([run('ours', 0.4993, 9)]), 'ipa')!.atPas).toBeUndefined();
  });

  it.each([
    ['wins', cheaper, 0.99],
    ['wins', cheaper, 1],
    ['costs more', [run('ours', 0.5, 11)], 0.99],
    ['attains less', [run('ours', 0.5, 9, 0.98)], 0.99],
    ['loses both', [run('ours', 0.5, 11, 0.98)], 0.99],
    ['PAS not reached', [run('ours', 0.4, 4)], 0.99],
  ])('%s, as the table says', (verdict, ours, ipaAttains) => {
    const [line] = table([comparison(ours, ipaAttains)])
      .split('\n')
      .filter((one) => / ipa /.test(one));
    expect(line).toContain(verdict);
  });
});

it('our attainment stands beside our figures, at the PAS of another system and at its cost', () => {
  const ours = [run('ours', 0.4, 4, 0.98), run('ours', 0.5, 7, 0.992), run('ours', 0.6, 10, 0.9955)];
  const [line] = table([comparison(ours)])
    .split('\n')
    .filter((one) => / ipa /.test(one));
  expect(line).toMatch(/ 0\.69\d +0\.9919 +0\.6000 +0\.9955 +wins/);
});

describe('our system, asked for no more than a rival attains,', () => {
  const lineOf = (system: string, one: Comparison) =>
    table([one])
      .split('\n')
      .find((line) => line.includes(` ${system} `));
  const asked = { ...setting, percentile: 60 };
  const matched = [{ rival: 'ipa', ours: [{ ...run('ours', 0.5, 8, 0.61), setting: asked }] }];
  const dearer = { ...comparison([run('ours', 0.5, 12)], 0.6), matched };

  it('stands in the last columns of the line of that rival', () => {
    expect(lineOf('ipa', dearer)).toMatch(/1\.200 .* costs more +0\.800 +0\.6100 *$/);
    expect(lineOf('ipa-options', dearer)).toMatch(/costs more +– +– *$/);
  });

  it('does not change the verdict, which is about one percentile for all loads', () => {
    const { matched: _, ...alone } = dearer;
    expect(against(dearer, 'ipa')!.verdict).toBe(against(alone, 'ipa')!.verdict);
  });
});

it('loads on which a setting was chosen are not summed up', () => {
  const seen = comparison(cheaper, 0.99, true);
  const lost = comparison([run('ours', 0.5, 11)]);
  const [line] = summaryTable([seen, lost])
    .split('\n')
    .filter((one) => /all +ipa /.test(one));
  expect(line).toContain('0 of 1');
});

it('a report whose runs of ours have no setting is refused, because nothing says what attainment is required', () => {
  const read = (ours: AdaptationRun) =>
    parseReport(
      {
        schema: REPORT,
        kind: 'adaptation',
        createdAt: '2026-11-20T10:30:00Z',
        seed: 1,
        comparisons: [comparison([ours])],
      },
      'report.json',
    );
  const ours = run('ours', 0.5, 11);
  expect(read(ours)).toMatchObject({ kind: 'adaptation' });
  expect(() => read({ ...ours, setting: null })).toThrow('ours: expected a setting in each run');
});

it('the least attainment over the required one leaves out loads where even the oracle attains too little', () => {
  const one = comparison([run('ours', 0.5, 9, 0.985)]);
  const lost = comparison([run('ours', 0.5, 9, 0.94)]);
  const impossible = { ...lost, oracle: run('ours', 0.5, 5, 0.95) };
  const least = (comparisons: Comparison[]) =>
    summaryTable(comparisons)
      .split('\n')
      .find((line) => /all +ipa /.test(line))!
      .split(/ +/)
      .at(-1);
  expect(least([one, impossible])).toBe('-0.50');
  expect(least([one, lost])).toBe('-5.00');
  expect(least([impossible])).toBe('–');
});

describe('the loss of a setting', () => {
  const loss = (ours: AdaptationRun[], ipaAttains?: number) =>
    lossOf({ comparisons: [comparison(ours, ipaAttains)] });

  it('falls with the cost at the PAS of IPA, and grows with what attainment is lost', () => {
    expect(loss([run('ours', 0.5, 5)])).toBeCloseTo(Math.log(0.5));
    expect(loss([run('ours', 0.5, 5, 0.98)])).toBeCloseTo(Math.log(0.5) + 0.2);
    expect(loss([run('ours', 0.5, 5, 1)])).toBeCloseTo(Math.log(0.5));
  });

  it('is that of twice the cost where the PAS is not reached', () => {
    expect(loss([run('ours', 0.4, 1)])).toBeCloseTo(Math.log(2));
  });
});
