import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { attempt, models, opened, saved, store } from '../../state/app.ts';
import {
  archivesSaved,
  saveArchive,
  saveCells,
  savePipeline,
  savePlan,
  saveProfile,
  saveReport,
} from '../../state/files/exports.ts';
import { settingsLink } from '../../state/files/link.ts';
import { askedSettings } from '../../state/measure/settings.ts';
import { pinned, plan } from '../../state/plan/planning.ts';
import { planSettings } from '../../state/plan/settings.ts';
import { profileTitle } from '../../state/profile-names.ts';
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
      <div class="tiles share-cards">
        <div class="card">
          <h3>Save as files</h3>
          <ul class="stack exports">
            <Export label="Report" file="HTML" disabled={!opened.value} onSave={saveReport}>
              One file that shows the profile, the plan and, if the last run was of this plan, that run in any
              browser, offline. This page opens it again.
            </Export>
            <Export label="Profile" file="JSON" disabled={!opened.value} onSave={saveProfile}>
              Every sample. This page opens it, and so does <code>ipa-edge plan --profile</code>.
            </Export>
            <Export label="Cells" file="CSV" disabled={!opened.value} onSave={saveCells}>
              One line for each cell, for a spreadsheet. This page can compare the file with a profile, but
              cannot plan from it, because it has no samples.
            </Export>
            <Export label="Plan" file="JSON" disabled={!plan.value} onSave={savePlan}>
              For this page, <code>ipa-edge run</code>, and <code>ipa-agent serve --replan</code> on any
              machine.
            </Export>
            <Export label="Pipeline" file="TAR" disabled={!models.value} onSave={savePipeline}>
              Manifest, models and labelled examples of {models.value?.manifest.name ?? 'the pipeline'}. This
              page opens it; unpacked, so does <code>ipa-agent serve --manifest</code>.
            </Export>
            <Export label="Everything" file="JSON" disabled={!store.value} onSave={saveArchive}>
              All saved profiles, the settings and the last run, to be opened in another browser; above 64 MB
              in several files. Models are not included. <span role="status">{archivesSaved.value}</span>
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
  readonly onSave: () => void | Promise<void>;
  readonly children: ComponentChildren;
}

function Export({ label, file, disabled, onSave, children }: ExportProps) {
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    await attempt(async () => onSave());
    setSaving(false);
  };
  return (
    <li>
      <button type="button" class="row apart" disabled={disabled} onClick={() => void save()}>
        Save {label.toLowerCase()} <span class="muted">{file}</span>
      </button>
      <span class="muted">
        {children} <span role="status">{saving && 'Saving …'}</span>
      </span>
    </li>
  );
}

/** The browser lets the page write nothing to the clipboard, as without https. */
class CopyRefusedError extends Error {
  override name = 'CopyRefusedError';
  constructor(options: ErrorOptions) {
    super('The link could not be copied. Select it in its field, and copy it there.', options);
  }
}

/** A link that opens the page with the current settings and the pinned plan. */
function LinkRow() {
  const [copied, setCopied] = useState<string | null>(null);
  const entry = saved.value.find(({ id }) => id === opened.value?.sha256);
  const link = settingsLink(location.href, {
    measure: askedSettings.value,
    plan: planSettings.value,
    load: trySettings.value,
    ...(pinned.value && { pinned: pinned.value }),
    ...(entry && { profile: { sha256: entry.id, title: profileTitle(entry) } }),
  });
  const copy = () =>
    void attempt(async () => {
      try {
        await navigator.clipboard.writeText(link);
      } catch (cause) {
        throw new CopyRefusedError({ cause });
      }
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
        {copied === link &&
          (pinned.value
            ? 'Copied. The link carries the settings and the pinned plan with its device, but no measurement.'
            : 'Copied. The link carries settings only, no measurement.')}
      </span>
    </div>
  );
}
