import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressLine } from '../../../workers/command/terminal.ts';

let written: string[];
const terminal = process.stderr.isTTY;

beforeEach(() => {
  written = [];
  vi.useFakeTimers({ toFake: ['performance'], now: 0 });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
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

test('what is begun after the line was taken away is shown at once', () => {
  process.stderr.isTTY = false;
  const progress = new ProgressLine();
  progress.line(() => 'measuring');
  progress.clear();
  progress.line(() => 'running');
  expect(written).toEqual(['measuring\n', 'running\n']);
});
