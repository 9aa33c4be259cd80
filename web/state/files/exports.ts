import { signal } from '@preact/signals';
import { filesOf, inOneFolder } from '../../../models/manifests/edit.ts';
import type { NamedFile } from '../../../models/manifests/tar.ts';
import { InputError } from '../../../solver/documents/coded-error.ts';
import type { Plan } from '../../../solver/documents/plan.ts';
import type { IdentifiedProfile, Profile } from '../../../solver/documents/profile.ts';
import type { Report } from '../../../solver/documents/report.ts';
import { REPORT, type RunReport } from '../../../solver/documents/run-report.ts';
import type { Frontiers } from '../../../solver/frontier/cascade-gains.ts';
import { injectReport } from '../../../solver/report/inject.ts';
import { exportProfile } from '../../../workers/store/exchange.ts';
import { saveFile, saveFiles } from '../../components/save-file.ts';
import { models, opened, saved, store } from '../app.ts';
import { ownRun } from '../example.ts';
import { askedSettings } from '../measure/settings.ts';
import { loaded } from '../part.ts';
import { frontier, isFresh, pinned, plan } from '../plan/planning.ts';
import { ownSettings } from '../plan/settings.ts';
import { profileNames, profileTitle } from '../profile-names.ts';
import { lastRun } from '../try/last-run.ts';
import { trySettings } from '../try/load.ts';
import { ARCHIVE, exportArchive } from './archive.ts';
import { cellsCsv } from './cells-csv.ts';
import { DOCUMENT_BYTES_MAX } from './file-size.ts';
import { partsWithin } from './parts.ts';

/** Saves files: documents of the opened profile, the chosen pipeline, and the archive. */

const NO_FRONTIERS: Frontiers = { frontier: [], frontierWithoutCascades: [] };

export function saveProfile(): void {
  const { profile } = opened.value!;
  saveFile(`${profile.pipeline}-profile.json`, exportProfile(profile));
}

export function saveCells(): void {
  const { profile } = opened.value!;
  saveFile(`${profile.pipeline}-cells.csv`, cellsCsv(profile));
}

export const planFile = ({ pipeline }: Pick<Plan, 'pipeline'>): string => `${pipeline}-plan.json`;

export function savePlan(): void {
  saveFile(planFile(plan.value!), JSON.stringify(plan.value));
}

/** Saves the chosen pipeline and all its files as a TAR archive. @throws MissingFileError, ChecksumError */
export async function savePipeline(): Promise<void> {
  const { tar } = await loaded(import('../../../models/manifests/tar.ts'));
  const { manifest, readVerified } = models.value!;
  const text = `${JSON.stringify(inOneFolder(manifest), null, 2)}\n`;
  const files: NamedFile[] = [{ name: 'manifest.json', bytes: new TextEncoder().encode(text) }];
  const names = filesOf(inOneFolder(manifest));
  for (const [i, { file, sha256 }] of filesOf(manifest).entries())
    files.push({ name: names[i]!.file, bytes: await readVerified(file, sha256) });
  saveFile(`${manifest.name}.tar`, ...tar(manifest.name, files));
}

/** Saves a report as one HTML file, which any browser can show. */
export async function saveReport(): Promise<void> {
  const { profile } = opened.value!;
  // The report's HTML is large, so it is loaded only when a report is saved.
  const { default: template } = await loaded(import('../../../dist/report/index.html?raw'));
  const report = reportOf(profile, plan.value, lastRun.value);
  saveFile(`${profile.pipeline}-report.html`, injectReport(template, report));
}

/** The frontiers for the current settings; empty while they are not known. */
function currentFrontiers(): Frontiers {
  const found = frontier.value;
  if (!found || !isFresh(found) || found.answer instanceof Error) return NO_FRONTIERS;
  return { frontier: [...found.answer], frontierWithoutCascades: [...found.without] };
}

/** A report of the run or, if there is none, of the profile with its plan. */
function reportOf(profile: Profile, planned: Plan | null, run: RunReport | null): Report {
  const createdAt = new Date().toISOString();
  // While there is no plan for the current settings, the run may be of other settings than the frontiers.
  const points = run && !planned ? NO_FRONTIERS : currentFrontiers();
  if (!run) return { schema: REPORT, kind: 'profile', createdAt, profile, plan: planned, ...points };
  const { pipeline, device, seed } = run;
  return {
    schema: REPORT,
    kind: 'bench',
    createdAt,
    pipeline,
    device,
    seed,
    runs: [run],
    combinations: [],
    ...points,
    profile,
  };
}

/** A message that lists the archives that were saved last; null if there were not several. */
export const archivesSaved = signal<string | null>(null);

/** Everything was saved but profiles that this version of the page cannot read. */
class UnreadProfilesError extends Error {
  override name = 'UnreadProfilesError';
  constructor(unread: readonly string[]) {
    super(`Everything was saved but these profiles, which cannot be read:\n${unread.join('\n')}`);
  }
}

/**
 * Saves all profiles and settings as an archive, or as several where one would be larger than the page reads.
 * @throws UnreadProfilesError, StoreUnavailableError
 */
export async function saveArchive(): Promise<void> {
  archivesSaved.value = null;
  const measured: IdentifiedProfile[] = [];
  const unread: string[] = [];
  for (const entry of saved.value)
    try {
      measured.push(await store.value!.loadProfile(entry.id));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      unread.push(`${profileTitle(entry)}: ${error.message}`);
    }
  const rest = {
    schema: ARCHIVE,
    measure: askedSettings.value,
    plan: ownSettings.value,
    load: trySettings.value,
    run: ownRun.value,
    pinned: pinned.value,
    names: profileNames.value,
  } as const;
  const restBytes = bytesIn(exportArchive({ ...rest, profiles: [], opened: null }));
  // The text of an archive separates profiles by commas, so a comma counts with each profile.
  const size = ({ profile }: IdentifiedProfile) => bytesIn(exportProfile(profile)) + 1;
  const parts = partsWithin(measured, size, DOCUMENT_BYTES_MAX - restBytes);
  const files = parts.map((part, i) => {
    const index = part.findIndex(({ sha256 }) => sha256 === opened.value?.sha256);
    const profiles = part.map(({ profile }) => profile);
    return {
      name: parts.length > 1 ? `ipa-edge-archive-${i + 1}-of-${parts.length}.json` : 'ipa-edge-archive.json',
      text: exportArchive({ ...rest, profiles, opened: index < 0 ? null : index }),
    };
  });
  await saveFiles(files);
  if (files.length > 1)
    archivesSaved.value =
      `${files.length} files were saved: ${files.map(({ name }) => name).join(', ')}. ` +
      'If one is missing, allow this page in your browser to save several files, and save everything again.';
  if (unread.length > 0) throw new UnreadProfilesError(unread);
}

const bytesIn = (text: string): number => new Blob([text]).size;
