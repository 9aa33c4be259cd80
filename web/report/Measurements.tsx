import type { Profile } from '../../solver/documents/profile.ts';
import { plural } from '../components/format.ts';
import { StageCells, stageNames } from '../components/StageCells.tsx';

/** Every cell of the profile that plans were made of. */
export function Measurements({ profile }: { readonly profile: Profile }) {
  return (
    <section id="measurements">
      <h2>Measurements</h2>
      <p class="muted">
        {plural(profile.cells.length, 'cell')} in shuffled order, seed {profile.settings.seed}. Latency of a
        whole round trip through a stage worker, warm. Axes are logarithmic.
      </p>
      <StageCells
        stages={stageNames(profile.stages)}
        cells={profile.cells}
        batches={profile.settings.batches}
        software={profile.device.adapter?.software ?? false}
      />
    </section>
  );
}
