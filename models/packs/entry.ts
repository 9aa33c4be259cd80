import { nearestRank, sortedNumbers } from '../../solver/math/statistics.ts';
import { itemsOf } from '../items/item-batch.ts';
import { ITEM_NOUNS, SIZE_UNITS, sizeOf } from '../items/item-format.ts';
import { sha256Hex } from '../manifests/load.ts';
import type { Pipeline } from '../manifests/pipeline.ts';
import type { Pack } from './pack.ts';

/**
 * Makes the manifest entry of a pack that was made from a user's data.
 * @param from source of the data
 * @param mix the load that the mix of items represents; if absent, the entry states the sizes of the items instead
 */
export async function packEntry(
  bytes: Uint8Array<ArrayBuffer>,
  from: string,
  pack: Pack,
  pipeline: Pipeline,
  mix = `${sizesText(pack, pipeline)}; what load they stand for is not stated.`,
) {
  const source = `${counted(pack, pipeline)} of ${from.slice(0, 300)}`;
  return { file: 'pack.bin', sha256: await sha256Hex(bytes), source, mix };
}

const counted = ({ items: { lengths } }: Pack, { first: { format } }: Pipeline): string =>
  `${lengths.length} ${ITEM_NOUNS[format.kind][lengths.length === 1 ? 'one' : 'many']}`;

function sizesText(pack: Pack, pipeline: Pipeline): string {
  const { format } = pipeline.first;
  const sizes = sortedNumbers(itemsOf(pack.items).map((item) => Math.round(10 * sizeOf(format, item)) / 10));
  const [least, most] = [sizes[0]!, sizes.at(-1)!];
  const unit = SIZE_UNITS[format.kind];
  return `${counted(pack, pipeline)} of ${
    least === most ? `${least} ${unit}` : `${least} to ${most} ${unit}, median ${nearestRank(sizes, 50)}`
  }`;
}
