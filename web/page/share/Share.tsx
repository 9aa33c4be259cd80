import { Section } from '../Section.tsx';
import { SavedProfiles } from './SavedProfiles.tsx';

/** What was measured, planned and run, to take along and to bring back. */
export function Share() {
  return (
    <Section
      id="share"
      title="Share"
      lead="Files to take along and to bring back. They go to your disk, and nowhere else."
    >
      <div class="card">
        <SavedProfiles />
      </div>
    </Section>
  );
}
