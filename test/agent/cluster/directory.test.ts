import { expect, test } from 'vitest';
import type { Endpoint } from '../../../agent/cluster/engine.ts';
import { NoReplicaError } from '../../../agent/cluster/errors.ts';
import { Directory } from '../../../agent/cluster/gateway/directory.ts';

const replica = (name: string, state: Endpoint['state']): Endpoint => ({ url: name, stage: 'detect', state });

/** The URLs of the replicas that serve: those that workers can borrow. */
function serving(directory: Directory): string[] {
  const urls: string[] = [];
  for (let i = 0; i < (directory.groups[0]?.replicas ?? 0); i++)
    urls.push(directory.lend(['detect'], 'probe', () => {}).url);
  return urls.sort();
}

const after = (...states: Endpoint[][]): string[] => {
  const directory = new Directory();
  for (const endpoints of states) directory.update(endpoints);
  return serving(directory);
};

test('replicas that are ready serve, and no others', () => {
  expect(after([replica('a', 'ready'), replica('b', 'leaving'), replica('c', 'unready')])).toEqual(['a']);
});

test('leaving replicas serve as long as no other replica is ready', () => {
  const drained = [replica('a', 'leaving'), replica('b', 'unready')];
  expect(after([replica('a', 'ready')], drained)).toEqual(['a']);
  expect(after([replica('a', 'ready')], drained, [replica('a', 'leaving'), replica('b', 'ready')])).toEqual([
    'b',
  ]);
  expect(after([replica('a', 'ready'), replica('b', 'ready')], drained)).toEqual(['a']);
});

test('replicas that have all become unready serve on, but none that has never been ready', () => {
  const lost = [replica('a', 'unready'), replica('b', 'unready'), replica('c', 'unready')];
  expect(after([replica('a', 'ready'), replica('b', 'ready')], lost)).toEqual(['a', 'b']);
  expect(after(lost)).toEqual([]);
});

test('a replica that is gone does not serve, whatever became of the others', () => {
  const directory = new Directory();
  directory.update([replica('a', 'ready'), replica('b', 'ready')]);
  const left: string[] = [];
  for (const session of ['one', 'two']) directory.lend(['detect'], session, () => left.push(session));
  directory.update([replica('b', 'unready')]);
  expect(left).toHaveLength(1);
  expect(directory.groups).toEqual([{ stages: ['detect'], replicas: 1 }]);
});

test('the stages without a ready replica are named', () => {
  const directory = new Directory();
  expect(directory.update([replica('a', 'ready'), replica('b', 'unready')])).toEqual([]);
  const other: Endpoint = { url: 'c', stage: 'classify', state: 'ready' };
  expect(directory.update([replica('a', 'unready'), other])).toEqual(['detect']);
  expect(directory.update([])).toEqual([]);
});

test('a replica that holds several stages is lent for all of them together, and for none alone', () => {
  const both = (name: string, state: Endpoint['state'] = 'ready'): Endpoint[] =>
    ['classify', 'detect'].map((stage) => ({ url: name, stage, state }));
  const directory = new Directory();
  directory.update([...both('a'), replica('b', 'ready'), ...both('c')]);
  expect(directory.groups).toEqual([
    { stages: ['classify', 'detect'], replicas: 2 },
    { stages: ['detect'], replicas: 1 },
  ]);
  const left: string[] = [];
  const lend = (...stages: string[]) =>
    directory.lend(stages, stages.join(), (reason) => left.push(reason)).url;
  expect([lend('detect', 'classify'), lend('detect')]).toEqual(['a', 'b']);
  for (const other of [['classify'], ['detect', 'translate']])
    expect(() => lend(...other)).toThrow(NoReplicaError);
  expect(directory.update([...both('a', 'unready'), ...both('c')])).toEqual([]);
  expect(left).toHaveLength(2);
});

test('a replica that was given back is lent again, and a second return does not end the loan of its next worker', () => {
  const directory = new Directory();
  directory.update([replica('a', 'ready')]);
  const lend = () => directory.lend(['detect'], 'session', () => {});
  const first = lend();
  expect(lend).toThrow(NoReplicaError);
  first.giveBack();
  lend();
  first.giveBack();
  expect(lend).toThrow(NoReplicaError);
});

test('a worker is told whether its replica was ended on purpose: a plan that wants fewer is no loss', () => {
  const told = (...states: Endpoint[][]) => {
    const directory = new Directory();
    directory.update([replica('a', 'ready')]);
    const planned: boolean[] = [];
    directory.lend(['detect'], 'session', (_reason, of) => planned.push(of));
    for (const endpoints of states) directory.update(endpoints);
    return planned;
  };
  const other = replica('b', 'ready');
  expect(told([replica('a', 'leaving'), other])[0]).toBe(true);
  expect(told([replica('a', 'unready'), other])[0]).toBe(false);
  expect(told([other])[0]).toBe(false);
  // Replica `a` is the only one of its stage, so it serves until the engine lists it no more.
  expect(told([replica('a', 'leaving')])).toEqual([]);
  expect(told([replica('a', 'leaving')], [])[0]).toBe(true);
});

test('a silent replica serves only where no other does, until it is tried again', () => {
  let told = 0;
  const directory = new Directory(() => told++);
  const both = [replica('a', 'ready'), replica('b', 'ready')];
  directory.update(both);
  const left: string[] = [];
  const lent = directory.lend(['detect'], 'one', () => {});
  directory.lend(['detect'], 'two', (reason) => left.push(reason));
  expect(serving(directory)).toEqual(['a', 'b']);
  lent.giveBackSilent();
  expect([lent.url, told, directory.hasSilent]).toEqual(['a', 1, true]);
  directory.update(both);
  expect(directory.groups).toEqual([{ stages: ['detect'], replicas: 1 }]);
  expect(directory.lend(['detect'], 'one', () => {}).url).toBe('b');
  directory.tryAgain();
  expect(directory.groups).toEqual([{ stages: ['detect'], replicas: 2 }]);
  expect(left).toEqual([]);
});

test('replicas that are all silent serve on, and silence ends with the replica', () => {
  const directory = new Directory();
  directory.update([replica('a', 'ready'), replica('b', 'unready')]);
  const lent = ['one', 'two'].map((session) => directory.lend(['detect'], session, () => {}));
  lent[0]!.giveBackSilent();
  expect(serving(directory)).toEqual(['a']);
  directory.update([replica('b', 'ready')]);
  lent[1]!.giveBackSilent();
  expect(directory.hasSilent).toBe(false);
});

test('reads each replica of a list a few times, however many there are', () => {
  let reads = 0;
  const endpoints = Array.from({ length: 100 }, (_, i) => ({
    get url() {
      reads++;
      return `http://10.0.0.${i}:8080`;
    },
    stage: `s${i % 4}`,
    state: 'ready' as const,
  }));
  new Directory().update(endpoints);
  expect(reads).toBeLessThan(1000);
});
