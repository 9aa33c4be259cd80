import { beforeAll, test } from 'vitest';
import type { HostileCase } from '../../models/hostile.ts';
import { expectNoHarm } from '../../models/no-harm.ts';
import { folderOfFile } from '../../temporary-folder.ts';
import { hostileLabels } from './hostile-labels.ts';

const folder = folderOfFile();
let kinds: Readonly<Record<string, HostileCase>>;
beforeAll(async () => {
  kinds = await hostileLabels(folder);
});

test.each([
  'lines of texts',
  'lines of recordings',
  'lines of questions',
  'questions in the format of SQuAD',
  'boxes in the format of COCO',
])(
  '%s: any change is read, or refused with what is wrong',
  (name) => expectNoHarm(kinds[name]!, 200),
  600_000,
);
