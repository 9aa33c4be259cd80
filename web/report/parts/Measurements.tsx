import type { Profile } from '../../../solver/documents/profile.ts';
import { BudgetNotice } from '../../components/Device.tsx';
import { plural } from '../../components/format.ts';
import { ProfileCells } from '../../components/StageCells.tsx';

/** All cells of the profile from which the plans were made. */
export function Measurements({ profile }: { readonly profile: Profile }) {
  return (
    <section id="measurements">
      <h2>Measurements</h2>
      <p class="muted">
        {plural(profile.cells.length, 'cell')}, measured in shuffled order with seed {profile.settings.seed}.
        Latency is that of a warm round trip through a stage worker. Axes are logarithmic, but for sizes.
      </p>
      <BudgetNotice profile={profile} />
      <ProfileCells profile={profile} />
    </section>
  );
}
