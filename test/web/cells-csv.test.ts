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
    'stage,variant,backend,threads,batch,state,n,meanMs,p50Ms,p50LowMs,p50HighMs,p95Ms,p99Ms,maxMs,itemsPerS,loadMs,createMs,firstRunMs,flags,reason',
  );
  expect(lines).toEqual([
    `detect,m,cpu,1,2,failed,,,,,,,,,,,,,,"'=HYPERLINK(""x""), twice\nover"`,
    'detect,m,cpu,1,16,skipped,,,,,,,,,,,,,,budget',
    `detect,s,cpu,1,4,measured,20,11,10,10,10,20,,20,${4000 / 11},100,300,600,drift few-samples,`,
    '',
  ]);
});
