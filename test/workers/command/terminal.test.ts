import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressLine } from '../../../workers/command/terminal.ts';

let written: string[];
const terminal = process.stderr.isTTY;

beforeEach(() => {
  written = [];
  vi.stubEnv('TERM', 'xterm');
  vi.useFakeTimers({ toFake: ['performance'], now: 0 });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.stderr.isTTY = terminal;
});

test('off a terminal the first line comes at once, also in a process that has just started, and others 10 s apart', () => {
  process.stderr.isTTY = false;
  const progress = new ProgressLine();
  progress.line(() => 'first');
  vi.advanceTimersByTime(9_999);
  progress.line(() => 'too soon');
  vi.advanceTimersByTime(1);
  progress.line(() => 'second');
  expect(written).toEqual(['first\n', 'second\n']);
});

test('on a terminal one line is rewritten, at most every 100 ms, and taken away at the end', () => {
  process.stderr.isTTY = true;
  const progress = new ProgressLine();
  progress.line(() => 'first');
  vi.advanceTimersByTime(99);
  progress.line(() => 'too soon');
  vi.advanceTimersByTime(1);
  progress.line(() => 'second');
  progress.clear();
  expect(written).toEqual(['\r\x1b[Kfirst', '\r\x1b[Ksecond', '\r\x1b[K']);
});

test('on a terminal that cannot rewrite a line, lines come as off a terminal', () => {
  process.stderr.isTTY = true;
  vi.stubEnv('TERM', 'dumb');
  const progress = new ProgressLine();
  progress.line(() => 'first');
  vi.advanceTimersByTime(9_999);
  progress.line(() => 'too soon');
  progress.clear();
  expect(written).toEqual(['first\n']);
});

test('a line that comes too soon is written later if no newer one comes, but not after the end', () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'], now: 0 });
  process.stderr.isTTY = false;
  const progress = new ProgressLine();
  for (const text of ['first', 'older', 'newer']) progress.line(() => text);
  vi.advanceTimersByTime(10_000);
  expect(written).toEqual(['first\n', 'newer\n']);
  progress.line(() => 'last');
  progress.clear();
  vi.advanceTimersByTime(10_000);
  expect(written).toEqual(['first\n', 'newer\n']);
});

test('what is begun after the line was taken away is shown at once', () => {
  process.stderr.isTTY = false;
  const progress = new ProgressLine();
  progress.line(() => 'measuring');
  progress.clear();
  progress.line(() => 'running');
  expect(written).toEqual(['measuring\n', 'running\n']);
});

test('the time left is told once enough is done, at the pace since the given start', () => {
  process.stderr.isTTY = true;
  const progress = new ProgressLine();
  vi.advanceTimersByTime(10_000);
  progress.share('cold', 0.05, 10_000, 0.05);
  vi.advanceTimersByTime(1_000);
  progress.share('soon', 0.06, 10_000, 0.05);
  vi.advanceTimersByTime(4_000);
  progress.share('warm', 0.1, 10_000, 0.05);
  const bar = `[${'#'.repeat(2)}${'.'.repeat(18)}]`;
  expect(written.slice(0, 2).join()).not.toContain('left');
  expect(written[2]).toBe(`\r\x1b[K${bar} warm  1 min 30 s left`);
});
