import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { attempt, models, opened, store } from '../../state/app.ts';
import {
  saveArchive,
  saveCells,
  savePipeline,
  savePlan,
  saveProfile,
  saveReport,
} from '../../state/exports.ts';
import { settingsLink } from '../../state/link.ts';
import { tryout } from '../../state/load.ts';
import { plan, question } from '../../state/planning.ts';
import { settings } from '../../state/settings.ts';
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
      <div class="share-cards">
        <div class="card">
          <h3>Take along</h3>
          <ul class="exports">
            <Export
              label="Report"
              file="HTML"
              disabled={!opened.value}
              onSave={() => void attempt(saveReport)}
            >
              One file that shows the profile, the plan and the last run in any browser, offline.
            </Export>
            <Export label="Profile" file="JSON" disabled={!opened.value} onSave={saveProfile}>
              Every sample. Opens here and in <code>ipa-edge plan --profile</code>.
            </Export>
            <Export label="Cells" file="CSV" disabled={!opened.value} onSave={saveCells}>
              A line for each cell, for a spreadsheet.
            </Export>
            <Export label="Plan" file="JSON" disabled={!plan.value} onSave={savePlan}>
              For <code>ipa-edge run</code>, and for <code>ipa-agent serve --replan</code> on any machine.
            </Export>
            <Export
              label="Pipeline"
              file="TAR"
              disabled={!models.value}
              onSave={() => void attempt(savePipeline)}
            >
              Manifest, models and labelled pack of {models.value?.manifest.name ?? 'the pipeline'}. Opens
              here, and unpacked in <code>ipa-agent serve --manifest</code>.
            </Export>
            <Export
              label="Everything"
              file="JSON"
              disabled={!store.value}
              onSave={() => void attempt(saveArchive)}
            >
              All saved profiles, the settings and the last run, to be opened in another browser. Without
              models.
            </Export>
          </ul>
          <LinkRow />
        </div>
        <div class="card">
          <h3>Saved in this browser</h3>
          <SavedProfiles />
        </div>
      </div>
    </Section>
  );
}

interface ExportProps {
  readonly label: string;
  readonly file: string;
  readonly disabled: boolean;
  readonly onSave: () => void;
  readonly children: ComponentChildren;
}

function Export({ label, file, disabled, onSave, children }: ExportProps) {
  return (
    <li>
      <button type="button" disabled={disabled} onClick={onSave}>
        Save {label.toLowerCase()} <span class="muted">{file}</span>
      </button>
      <span class="muted">{children}</span>
    </li>
  );
}

/** A link that opens the page with these settings. */
function LinkRow() {
  const [copied, setCopied] = useState<string | null>(null);
  const link = settingsLink(location.href, {
    measure: settings.value,
    plan: question.value,
    load: tryout.value,
  });
  const copy = () =>
    void attempt(async () => {
      await navigator.clipboard.writeText(link);
      setCopied(link);
    });
  return (
    <div class="link-row">
      <label class="field">
        Link with these settings
        <input type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
      </label>
      <button type="button" onClick={copy}>
        Copy
      </button>
      <span role="status" class="muted">
        {copied === link && 'Copied. It carries settings only, no measurement.'}
      </span>
    </div>
  );
}
