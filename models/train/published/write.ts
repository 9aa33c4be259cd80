import { readFileSync, writeFileSync } from 'node:fs';
import type { Published } from '../../../solver/documents/published.ts';
import { cellsOf } from './cells.ts';

/** Derives the cells in the manifests of the paper's pipelines again: `npx tsx models/train/published/write.ts`. */

export const PIPELINES = ['ipa-video', 'ipa-audio-qa', 'ipa-audio-sent', 'ipa-sum-qa', 'ipa-nlp'];

/** The manifest as JSON with its cells derived again, one variant or cell on each line. */
export function rewritten(manifest: string): string {
  const { stages, cells: _, ...rest } = JSON.parse(manifest) as Published;
  const lines = (values: readonly unknown[], indent: string) =>
    `[\n${values.map((value) => `${indent}  ${JSON.stringify(value)}`).join(',\n')}\n${indent}]`;
  const head = JSON.stringify(rest, null, 2).replace(/\n\}$/, '');
  const stageTexts = stages.map(({ variants, ...stage }) => {
    const fields = JSON.stringify(stage).slice(0, -1);
    return `    ${fields}, "variants": ${lines(variants, '    ')}}`;
  });
  return `${head},\n  "stages": [\n${stageTexts.join(',\n')}\n  ],\n  "cells": ${lines(cellsOf(stages), '  ')}\n}\n`;
}

if (process.argv[1] === import.meta.filename)
  for (const name of PIPELINES) {
    const file = new URL(`../../${name}/manifest.json`, import.meta.url);
    writeFileSync(file, rewritten(readFileSync(file, 'utf8')));
  }
