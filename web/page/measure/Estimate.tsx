import type { Manifest } from '../../../solver/documents/manifest.ts';
import { bytes, duration, plural } from '../../components/format.ts';
import { TermMark } from '../../components/Term.tsx';
import { checked, models } from '../../state/app.ts';
import { estimate } from '../../state/measure/estimate.ts';
import { settings } from '../../state/measure/settings.ts';

/** Estimated upper bounds of the time, memory and download that a profile with these settings needs. */
export function Estimate({ manifest }: { readonly manifest: Manifest }) {
  const { cells, modelBytes, workers, memoryBytes, timeMs } = estimate(manifest, settings.value);
  return (
    <p class="estimate">
      <strong>About {duration(timeMs)}</strong> for at most {plural(cells, 'cell')}
      <TermMark of="Cell" />, and <strong>{bytes(memoryBytes)} of memory</strong> in{' '}
      {plural(workers, 'worker')} with {bytes(modelBytes)} of models.
      {checked.value?.adapter?.software && settings.value.backends.includes('webgpu') && (
        <span class="warn"> WebGPU runs on the CPU here (software adapter): it may take longer.</span>
      )}
    </p>
  );
}

/** The time and download that the button Start needs, and the results that the user gets. */
export function StartFacts() {
  const manifest = models.value?.manifest;
  const found = manifest && estimate(manifest, settings.value);
  return (
    <p class="start-facts muted">
      Start takes about {found ? duration(found.timeMs) : '…'} and loads{' '}
      {found ? bytes(found.modelBytes) : '…'} of models. Then you see how fast each one is here, choose how
      fast answers must come, and get a plan: which models to run, and the speed and accuracy to expect.
      Nothing leaves this device. The example shows results of another device.
    </p>
  );
}
