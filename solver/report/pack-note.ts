import type { PackFacts } from '../documents/common.ts';

/** Text about the items that a profile was measured on; null if the profile does not describe its pack, as older ones do not. */
export function packNote(pack: PackFacts | null | undefined): string | null {
  if (pack === undefined) return null;
  if (pack === null)
    return (
      'The pipeline has no labelled pack: times are of made-up items, each stage is taken to get one item per request, and ' +
      'accuracies are those that the manifest states.'
    );
  return `Percentiles are those of the labelled pack's mix of items. ${
    pack.mix?.replace(/\.?$/, '.') ?? `It does not say what the mix stands for; it holds ${pack.source}.`
  }`;
}
