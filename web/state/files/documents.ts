import { parseDocument } from '../../../solver/documents/document.ts';
import { PLAN } from '../../../solver/documents/plan.ts';
import { PROFILE, type Profile } from '../../../solver/documents/profile.ts';
import { parseReport } from '../../../solver/documents/report.ts';
import { REPORT, type RunReport } from '../../../solver/documents/run-report.ts';
import { parseTrace, TRACE } from '../../../solver/documents/trace.ts';
import { reportIn } from '../../../solver/report/inject.ts';
import { identify, importProfile } from '../../../workers/store/exchange.ts';
import { plural } from '../../components/format.ts';
import { opened, saved, store } from '../app.ts';
import { compareTable } from '../compared.ts';
import { askedSettings } from '../measure/settings.ts';
import { openPlan, pinned, pinnedSchema } from '../plan/planning.ts';
import { takePlanSettings } from '../plan/settings.ts';
import { profileNames } from '../profile-names.ts';
import { takeTrace, trySettings } from '../try/load.ts';
import { tried } from '../try/trying.ts';
import { ARCHIVE, importArchive } from './archive.ts';
import { parseCellTable } from './cell-table.ts';
import { checkSize, DOCUMENT_BYTES_MAX } from './file-size.ts';

/** A table of cells has at most this many bytes, because it has only one line for each cell. */
const TABLE_BYTES_MAX = 8_000_000;
/** The `kind` of a table of cells, which has no schema to take the kind from. */
const CELLS = 'cells';

/** A file is of no kind that the page can open. */
class UnknownFileError extends Error {
  override name = 'UnknownFileError';
  constructor(name: string, found: string) {
    super(
      `${name} is ${found}. This page opens profiles, plans, reports, traces, tables of cells and archives that it saved, those of the ipa-edge ` +
        'commands, ONNX models (.onnx, with their .onnx_data, tokenizer.json and the like), labelled packs, pipelines (.tar), and a ' +
        'manifest together with its files.',
    );
  }
}

/** A report has only figures: neither a profile nor a run that the page could open. */
class FiguresOnlyError extends Error {
  override name = 'FiguresOnlyError';
}

/** A JSON document, which may be embedded in a report's HTML, or a table of cells. */
export interface OpenedDocument {
  readonly file: File;
  readonly text: string;
  readonly value: unknown;
  /** The name of the document's schema without the version, such as `ipa-edge/plan`; `cells` for a table of cells. */
  readonly kind: string;
}

const kindOf = (schema: string): string => schema.replace(/@\d+$/, '');

/** @throws FileTooLargeError, UnknownFileError */
export async function readDocument(file: File): Promise<OpenedDocument> {
  checkSize(file, DOCUMENT_BYTES_MAX);
  const { name } = file;
  const isTable = /\.csv$/i.test(name);
  if (isTable) checkSize(file, TABLE_BYTES_MAX);
  const whole = await file.text();
  if (isTable) return { file, text: whole, value: null, kind: CELLS };
  const isHtml = /^\s*</.test(whole);
  const text = isHtml ? reportIn(whole) : whole;
  if (text === null) throw new UnknownFileError(name, 'a web page without a report of ipa-edge');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnknownFileError(name, `not JSON (${(error as Error).message})`);
  }
  const { schema, rates, rps } = (value ?? {}) as { schema?: unknown; rates?: unknown; rps?: unknown };
  if (schema === undefined && (rates ?? rps)) return { file, text, value, kind: kindOf(TRACE) };
  if (typeof schema !== 'string') throw new UnknownFileError(name, 'JSON without a "schema"');
  const kind = kindOf(schema);
  if (!Object.hasOwn(TAKERS, kind) && kind !== 'ipa-edge/manifest')
    throw new UnknownFileError(name, `a document ${JSON.stringify(schema.slice(0, 60))}`);
  return { file, text, value, kind };
}

/** Where the page shows a document's contents, and a sentence that says what they are. */
export interface Landing {
  readonly section: 'results' | 'compare' | 'plan' | 'try';
  readonly text: string;
  /** SHA-256 of the saved profile that belongs to the document; absent if there is none, or if it is not saved here. */
  readonly profile?: string;
}

type Taker = (document: OpenedDocument) => Landing | Promise<Landing>;

const TAKERS: Readonly<Record<string, Taker>> = {
  [kindOf(PROFILE)]: async ({ text, file }) => {
    const profile = importProfile(text, file.name);
    const { id, again } = await save(profile);
    return { section: 'results', profile: id, text: `a profile of ${profile.pipeline}${again}` };
  },
  [kindOf(PLAN)]: ({ value, file }) => {
    const plan = parseDocument(pinnedSchema, value, file.name, PLAN);
    openPlan(plan);
    return {
      section: 'plan',
      text: `a plan of ${plan.pipeline}, which is pinned now`,
      ...ifSaved(plan.profile.sha256),
    };
  },
  [kindOf(REPORT)]: takeReport,
  [kindOf(TRACE)]: ({ value, file }) => {
    takeTrace(parseTrace(value, file.name));
    return {
      section: 'try',
      text: `a trace, which is the load of the next run${opened.value ? '' : '. A run needs a plan: measure this device, or open a profile'}`,
    };
  },
  [CELLS]: ({ text, file }) => {
    compareTable(parseCellTable(text, file.name));
    return opened.value
      ? { section: 'compare', text: 'a table of cells, which is compared with the opened profile' }
      : {
          section: 'results',
          text: 'a table of cells, which is compared with the next profile that you open',
        };
  },
  [kindOf(ARCHIVE)]: async ({ text, file }) => {
    const archive = importArchive(text, file.name);
    const { profiles, opened: shown, measure, plan, load, run, pinned: pin, names } = archive;
    const ids: string[] = [];
    for (const profile of profiles) ids.push((await save(profile)).id);
    askedSettings.value = measure;
    takePlanSettings(plan);
    trySettings.value = load;
    // If the archive has no run or pinned plan, those of this browser stay.
    tried.value = run ?? tried.value;
    pinned.value = pin ?? pinned.value;
    profileNames.value = { ...profileNames.value, ...names };
    return {
      section: 'results',
      text: `an archive of ${plural(profiles.length, 'profile')}, whose settings are in use now`,
      ...(shown !== null && { profile: ids[shown]! }),
    };
  },
};

/**
 * Takes a document's contents into the page.
 * @throws InvalidDocumentError, UnsupportedDocumentError, StoreFullError, FiguresOnlyError
 */
export const take = (document: OpenedDocument): Landing | Promise<Landing> =>
  TAKERS[document.kind]!(document);

async function takeReport({ value, file }: OpenedDocument): Promise<Landing> {
  const report = parseReport(value, file.name);
  if (report.kind === 'adaptation')
    throw new FiguresOnlyError(
      `${file.name} compares systems that plan, and has no profile or run of a plan of yours. Open it in a browser's window of its own.`,
    );
  if (report.kind === 'run') return takeRun(report, undefined);
  const { id: profile, again } = await save(report.profile);
  if (report.kind === 'bench')
    return takeRun(report.runs.find(({ name }) => name === 'plan') ?? report.runs[0]!, profile);
  const { success: pins, data: pin } = pinnedSchema.safeParse(report.plan);
  if (pins) openPlan(pin);
  const plan = pins ? ' and a plan, which is pinned now' : '';
  return { section: 'results', profile, text: `a profile of ${report.profile.pipeline}${again}${plan}` };
}

function takeRun(run: RunReport, profile: string | undefined): Landing {
  tried.value = run;
  const of = run.plans[0]?.plan.profile.sha256;
  return { section: 'try', text: `a run of ${run.pipeline}`, ...(profile ? { profile } : of && ifSaved(of)) };
}

const ifSaved = (id: string): { profile?: string } =>
  saved.value.some((entry) => entry.id === id) ? { profile: id } : {};

/** Saves a profile. @returns its id, and words that say whether it was saved before */
async function save(profile: Profile): Promise<{ id: string; again: string }> {
  const { id } = await store.value!.saveProfile(await identify(profile));
  return { id, again: ifSaved(id).profile ? ' that was saved here before' : '' };
}
