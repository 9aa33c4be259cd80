import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, cellFlag, cellId } from '../../solver/documents/cell.ts';
import { adapterText } from '../../web/components/format.ts';
import { compareProfiles } from '../../web/page/results/compare-profiles.ts';
import { parseCellTable } from '../../web/state/files/cell-table.ts';
import { cellsCsv } from '../../web/state/files/cells-csv.ts';
import { cell, profile, runs, SHA } from '../solver/profiles.ts';

const ORIGIN = `${SHA},test,2026-01-01T00:00:00Z,none,linux,Node 20,1,node,0`;
const KEY = { stage: 'detect', variant: 'm', backend: 'cpu', threads: 1 } as const;

test('a line for each cell, the ones that were not measured with their reason', () => {
  const [head, ...lines] = cellsCsv(
    profile([
      { ...KEY, batch: 16, state: 'skipped', reason: 'budget' },
      { ...KEY, batch: 2, state: 'failed', error: '=HYPERLINK("x"), twice\nover' },
      cell('detect', 's', 'cpu', 4, runs(10), { flags: ['drift', 'few-samples'] }),
    ]),
  ).split('\r\n');
  expect(head).toBe(
    'stage,variant,backend,threads,batch,state,n,meanMs,p50Ms,p50LowMs,p50HighMs,p95Ms,p99Ms,maxMs,itemsPerS,loadMs,createMs,firstRunMs,meanSize,flags,reason,sha256,pipeline,createdAt,adapter,platform,agent,ortVersion,ortBuild,timerGrainMs',
  );
  expect(lines).toEqual([
    `detect,m,cpu,1,2,failed,,,,,,,,,,,,,,,"'=HYPERLINK(""x""), twice\nover",${ORIGIN}`,
    `detect,m,cpu,1,16,skipped,,,,,,,,,,,,,,,budget,${ORIGIN}`,
    `detect,s,cpu,1,4,measured,20,11,10,10,10,20,,20,${4000 / 11},100,300,600,,drift few-samples,,${ORIGIN}`,
    '',
  ]);
});

test('sizes, steps and the times of session runs are means over the runs', () => {
  const each = runs(10).map((_, i) => i % 2);
  const columns = {
    sizes: each.map((i) => 10 + i),
    steps: each.map((i) => 4 * i),
    runsMs: { encoder: each, 'decoder-first': each.map((i) => 2 + i) },
  };
  const [head, line] = cellsCsv(profile([cell('detect', 's', 'cpu', 4, runs(10), columns)])).split('\r\n');
  expect(head).toMatch(/,timerGrainMs,meanSteps,meanMs\.encoder,meanMs\.decoder-first$/);
  expect(line).toMatch(/,600,10\.5,,,.*,2,0\.5,2\.5$/);
});

/** Texts with many characters that CSV must quote, or that a spreadsheet takes for the start of a formula. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom("'", '=', '"', ',', '\r', '\n', '-', '@'), fc.string()), { maxLength: 6 })
  .map((parts) => parts.join('').slice(0, 60));
const anyMs = fc.double({ min: 1, max: 1e6, noNaN: true });
const anyCell = fc.record({
  stage: fc.constant('detect'),
  variant: fc.constantFrom('s', 'm'),
  backend: fc.constantFrom('webgpu', 'wasm', 'cpu'),
  threads: fc.integer({ min: 1, max: 4 }),
  batch: fc.integer({ min: 1, max: 64 }),
});
const anyCells = fc.uniqueArray(
  fc.oneof(
    fc
      .tuple(anyCell, fc.array(anyMs, { minLength: 1, maxLength: 30 }), fc.subarray(cellFlag.options))
      .map(([key, ms, flags]): Cell => ({ ...cell('', '', 'cpu', 1, ms, { flags }), ...key })),
    anyCell.map((key): Cell => ({ ...key, state: 'skipped', reason: 'budget' })),
    fc.tuple(anyCell, anyText).map(([key, error]): Cell => ({ ...key, state: 'failed', error })),
  ),
  { minLength: 1, selector: cellId },
);

test('a table that is read again is compared as its profile is', () => {
  fc.assert(
    fc.property(
      anyCells,
      anyCells,
      fc.array(anyText, { minLength: 4, maxLength: 4 }),
      (own, others, texts) => {
        const [agent, platform, ortVersion, description] = texts as [string, string, string, string];
        const base = profile(own);
        const adapter = { vendor: 'v', architecture: '', description, software: true };
        const device = { ...base.device, agent, platform, ortVersion, adapter, timerGrainMs: 0.1 };
        // A valid profile has a cell for each of its variants.
        const least = ['s', 'm'].map(
          (variant): Cell => ({ ...KEY, variant, batch: 128, state: 'skipped', reason: 'budget' }),
        );
        const other = profile([...others, ...least], { device, stages: base.stages.slice(0, 1) });
        const read = parseCellTable(cellsCsv(other), 'cells.csv').profile;
        const told = ({ points, onlyInBase, onlyInOther }: ReturnType<typeof compareProfiles>) => ({
          onlyInBase,
          // The table is sorted, so the profile that is read from it may have its cells in another order.
          onlyInOther: new Set(onlyInOther),
          points: points.map(({ other: { latencyMs, flags }, ...point }) => {
            const { n, p50, p50Low, p50High } = latencyMs;
            return { ...point, flags, latencyMs: { n, p50, p50Low, p50High } };
          }),
        });
        expect(told(compareProfiles(base, read))).toEqual(told(compareProfiles(base, other)));
        expect(read).toMatchObject({ pipeline: 'test', createdAt: other.createdAt });
        expect(read.device).toMatchObject({
          agent,
          platform,
          ortVersion,
          ortBuild: 'node',
          timerGrainMs: 0.1,
        });
        expect(adapterText(read.device.adapter)).toBe(adapterText(adapter));
      },
    ),
  );
});

test('a number may have a capital E, as spreadsheets save small ones', () => {
  const one = profile([cell('detect', 's', 'cpu', 1, runs(10))]);
  const csv = cellsCsv({ ...one, device: { ...one.device, timerGrainMs: 0.000041 } });
  const again = csv.replace(',0.000041\r', ',4.1E-05\r');
  expect(again).not.toBe(csv);
  expect(parseCellTable(again, 'cells.csv').profile.device.timerGrainMs).toBe(0.000041);
});

test('a table that is none of ours is refused, and the line and the column are told', () => {
  const good = cellsCsv(
    profile([cell('detect', 's', 'cpu', 1, runs(10)), cell('detect', 's', 'cpu', 4, runs(20))]),
  );
  const [head, ...lines] = good.split('\r\n');
  for (const [csv, why] of [
    ['', 'line 1: expected one column stage'],
    [good.replaceAll(',', ';'), 'line 1: expected commas between the fields, found semicolons'],
    [good.replace('p50LowMs', 'p50Ms'), 'line 1: expected one column p50Ms\n'],
    [head!, 'line 2: expected a cell'],
    [good.replace(',20,11,10,', ',20,11,fast,'), 'line 2, column p50Ms: expected a number, found "fast"'],
    [good.replace(',20,11,10,', ',20,11,1e+999,'), 'line 2, column p50Ms: expected number, found "1e+999"'],
    [good.replace(',cpu,', ',tpu,'), 'line 2, column backend: Invalid option'],
    [good.replace(',measured,', ',guessed,'), 'line 2, column state: '],
    [good.replace('cpu,1,4', 'cpu,1,1'), 'line 3: expected one cell detect/s/cpu/1/1'],
    [
      `${head}\n${lines[0]}\n${lines[1]!.replace('linux', 'mac')}`,
      'line 3, column platform: expected "linux"',
    ],
    [`${good}1,2,3`, 'line 4: expected 30 fields, found 3'],
    [`${good}"a" b`, 'line 4, field 1: expected quotes around a field'],
    [
      `${good.replace('linux', '"a\nb"').replace('linux', '"a\nb"')}"never closed`,
      'line 6, field 1: expected quotes',
    ],
    [
      good.replace('linux', `"${'""'.repeat(5000)}"`),
      'line 2, column platform: expected at most 200 characters, found',
    ],
    [good.replace('linux', `"${'""'.repeat(4e6)}"`), 'line 2, field 26: expected quotes around a field'],
    [','.repeat(4e6), 'line 1, field 1001: expected at most 1000 fields'],
    [`${good}${'\r\n'.repeat(4e6)}`, 'line 4: expected 30 fields, found 1\n'],
  ] as const)
    expect(() => parseCellTable(csv, 'cells.csv')).toThrow(`cells.csv is not valid:\n  ${why}`);
});
