import { z } from 'zod';
import { positiveCount } from '../../solver/documents/common.ts';
import type { Template, Tokens } from './tokens.ts';

/** A part of a text's tokens as a row of a model's input. */
export interface Window extends Tokens {
  /** Index of the window's first token among the text's tokens. */
  readonly from: number;
  /** Number of the text's tokens in the window. */
  readonly count: number;
  /** Index of the window's first text token in the row. */
  readonly at: number;
}

/** Manifest field: the size of the windows into which a task cuts long texts. */
export const windowField = z.strictObject({
  /** Largest number of tokens in a row, special tokens included. */
  length: positiveCount.min(16).max(8192),
  /** Number of tokens that two neighbouring windows share, unless that is more than half of a window: then they share half. */
  stride: z.int().nonnegative().max(4096),
});
export type WindowSize = z.output<typeof windowField>;

/**
 * Cuts a text that may be longer than a model's input into windows.
 * @param before tokens that precede the text in every window, e.g. those of a question; cut to half of the row without its
 * special tokens; absent if `frame` is for a single text
 */
export function windowsOf(
  frame: Template,
  text: readonly number[],
  { length, stride }: WindowSize,
  before?: readonly number[],
): Window[] {
  const all = Math.max(2, length - frame.size);
  const kept = before?.slice(0, Math.floor(all / 2));
  const room = all - (kept?.length ?? 0);
  const step = room - Math.min(stride, Math.floor(room / 2));
  const windows: Window[] = [];
  for (let from = 0; ; from += step) {
    const own = text.slice(from, from + room);
    const { lastAt, ...tokens } = frame.join(...(kept ? [kept, own] : [own]));
    windows.push({ ...tokens, from, count: own.length, at: lastAt });
    if (from + room >= text.length) return windows;
  }
}
