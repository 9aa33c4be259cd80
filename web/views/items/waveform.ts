/** The lowest and highest sample of a stretch of a recording, relative to the loudest sample of all. */
export type Peak = readonly [low: number, high: number];

/** Returns the peaks of `columns` equal stretches, relative to the loudest sample, so that quiet recordings can be seen too. */
export function peaksOf(samples: Float32Array, columns: number): Peak[] {
  let loudest = 0;
  for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
  const scale = loudest > 0 ? 1 / loudest : 0;
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * samples.length) / columns);
    // If the recording has fewer samples than columns, neighbouring columns repeat a sample.
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns));
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) {
      low = Math.min(low, samples[i]! * scale);
      high = Math.max(high, samples[i]! * scale);
    }
    return [low, high];
  });
}
