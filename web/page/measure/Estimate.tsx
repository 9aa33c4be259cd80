import { bytes, duration, plural } from '../../components/format.ts';
import { checked, models } from '../../state/app.ts';
import { settings } from '../../state/settings.ts';
import { estimate } from './estimate.ts';

/** What a profile with these settings will take, before it is started. */
export function Estimate() {
  const manifest = models.value?.manifest;
  if (!manifest) return null;
  const { cells, modelBytes, workers, memoryBytes, timeMs } = estimate(manifest, settings.value);
  return (
    <p class="estimate">
      <strong>About {duration(timeMs)}</strong> for at most {plural(cells, 'cell')}, and{' '}
      <strong>{bytes(memoryBytes)} of memory</strong> in {plural(workers, 'worker')} with {bytes(modelBytes)}{' '}
      of models.{' '}
      {checked.value?.adapter?.software && settings.value.backends.includes('webgpu') && (
        <span class="warn">
          A software adapter may need many times that for the cells that must be measured.{' '}
        </span>
      )}
      <span class="muted">Another seed starts afresh; the same one goes on where it stopped.</span>
    </p>
  );
}
