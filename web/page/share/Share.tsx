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
} from '../../state/files/exports.ts';
import { settingsLink } from '../../state/files/link.ts';
import { askedSettings } from '../../state/measure/settings.ts';
import { plan, planSettings } from '../../state/plan/planning.ts';
import { trySettings } from '../../state/try/load.ts';
import { Section } from '../frame/Section.tsx';
import { SavedProfiles } from './SavedProfiles.tsx';
import './share.css';

/** The page's section "Share": saves profiles, plans, runs and pipelines as files, and opens such files. */
export function Share() {
  return (
    <Section
      id="share"
      title="Share"
      lead="Saves what was measured and planned as files, and opens such files again. They go to your disk and nowhere else."
    >
      <div class="share-cards">
        <div class="card">
          <h3>Save as files</h3>
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
              Every sample. This page opens it, and so does <code>ipa-edge plan --profile</code>.
            </Export>
            <Export label="Cells" file="CSV" disabled={!opened.value} onSave={saveCells}>
              One line for each cell, for a spreadsheet.
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
              Manifest, models and labelled pack of {models.value?.manifest.name ?? 'the pipeline'}. This page
              opens it; unpacked, so does <code>ipa-agent serve --manifest</code>.
            </Export>
            <Export
              label="Everything"
              file="JSON"
              disabled={!store.value}
              onSave={() => void attempt(saveArchive)}
            >
              All saved profiles, the settings and the last run, to be opened in another browser. Models are
              not included.
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

/** A link that opens the page with the current settings. */
function LinkRow() {
  const [copied, setCopied] = useState<string | null>(null);
  const link = settingsLink(location.href, {
    measure: askedSettings.value,
    plan: planSettings.value,
    load: trySettings.value,
  });
  const copy = () =>
    void attempt(async () => {
      await navigator.clipboard.writeText(link);
      setCopied(link);
    });
  return (
    <div class="row end link-row">
      <label class="field">
        Link with these settings
        <input type="text" readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
      </label>
      <button type="button" onClick={copy}>
        Copy
      </button>
      <span role="status" class="muted">
        {copied === link && 'Copied. The link carries settings only, no measurement.'}
      </span>
    </div>
  );
}
