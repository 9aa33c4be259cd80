import type { LoadedManifest } from '../../models/manifests/load.ts';
import type { Sample } from './sample.ts';

const FILES = import.meta.glob<Sample>('./data/*.json', { import: 'default' });

/**
 * The sample that ships with a pipeline or, for a pipeline of the user, a sample from its labelled pack; null if there is none.
 */
export async function sampleOf(models: LoadedManifest): Promise<Sample | null> {
  const shipped = FILES[`./data/${models.manifest.name}.json`];
  return shipped ? shipped() : (await import('./pack-sample.ts')).packSample(models);
}
