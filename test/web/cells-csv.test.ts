import { expect, test } from 'vitest';
import { cellsCsv } from '../../web/page/share/cells-csv.ts';
import { cell, profile, runs } from '../solver/profiles.ts';

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
    'stage,variant,backend,threads,batch,state,n,meanMs,p50Ms,p50LowMs,p50HighMs,p95Ms,p99Ms,maxMs,itemsPerS,loadMs,createMs,firstRunMs,meanSize,flags,reason',
  );
  expect(lines).toEqual([
    `detect,m,cpu,1,2,failed,,,,,,,,,,,,,,,"'=HYPERLINK(""x""), twice\nover"`,
    'detect,m,cpu,1,16,skipped,,,,,,,,,,,,,,,budget',
    `detect,s,cpu,1,4,measured,20,11,10,10,10,20,,20,${4000 / 11},100,300,600,,drift few-samples,`,
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
  expect(head).toMatch(/,meanSize,flags,reason,meanSteps,meanMs\.encoder,meanMs\.decoder-first$/);
  expect(line).toMatch(/,600,10\.5,,,2,0\.5,2\.5$/);
});
