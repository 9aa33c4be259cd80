import { type Description, describe } from '../../../models/hub/describe.ts';
import { type DtypeChoice, dtypeText } from '../../../models/hub/dtypes.ts';
import { withPin } from '../../../models/hub/pin.ts';
import { hubReference } from '../../../models/hub/repository.ts';
import { filesOf, freeName } from '../../../models/manifests/edit.ts';
import { type LoadedManifest, withFiles } from '../../../models/manifests/load.ts';
import { type Manifest, type ManifestStage, stageOfVariant } from '../../../solver/documents/manifest.ts';
import { pause, type WaitFor } from '../../../workers/environment/fetch-file.ts';
import type { KnownFile } from '../../../workers/hub/resume.ts';
import { Downloads, type HeadersFor } from '../../../workers/store/downloads.ts';
import { bytes as bytesText, duration } from '../../components/format.ts';
import { type Addition, adding, addOneByOne, lastAdded } from './adding.ts';
import { type HubAccess, headersOf, hubReader, inFormWords } from './hub-access.ts';
import { ownCopy } from './own-models.ts';
import { ownPipelines, setChosen, usedNames } from './pipelines.ts';

/** Values of the form for a model of a hub. */
interface HubModelRequest extends HubAccess {
  /** Owner/name, or owner/name@revision. */
  readonly id: string;
  readonly dtypes: DtypeChoice;
  /** The task; undefined for the one that the model's configuration names. */
  readonly task: string | undefined;
  /** The prefix of each text; undefined: the prefix in the model's configuration. */
  readonly prefix: string | undefined;
  /** The stage of the chosen pipeline that gets the variant; null for a new pipeline. */
  readonly stage: string | null;
}

const downloads = new Downloads();

/** At least this many milliseconds pass between two progress reports of a download. */
const EVERY_MS = 500;
/** The first second of a download reflects the connection set-up, not the speed. */
const CONNECTED_MS = 1000;

/**
 * Adds a model of a hub as a variant, and stores its files. A download that was stopped, or whose page was closed, resumes when
 * the same model is added again.
 * @throws InvalidHubIdError, HubUnreadableError, HubFormError, DownloadError, and errors of {@link describe}, {@link withPin} and
 * of adding models
 */
export const addHubModel = (request: HubModelRequest): Promise<void> =>
  addOneByOne(async (addition) => {
    try {
      await addModel({ ...request, endpoint: request.endpoint.replace(/\/+$/, '') }, addition);
    } catch (error) {
      throw inFormWords(error, request);
    }
  });

/** Waits for a host that allows no more requests, and meanwhile shows that instead of the step of the addition. */
const waitIn =
  ({ signal, step }: Addition): WaitFor =>
  async ({ host }, seconds) => {
    const { what } = adding.value!;
    step(`${host} allows no more requests for now. The next one is due in ${duration(1000 * seconds)}`);
    await pause(seconds, signal);
    step(what);
  };

async function addModel(request: HubModelRequest, addition: Addition): Promise<void> {
  const { id, dtypes, task, prefix, stage } = request;
  const { signal, step } = addition;
  const reference = hubReference(id);
  step(`Reading what ${new URL(request.endpoint).host} says of ${id}`);
  const described = await describe(hubReader(request, signal, waitIn(addition)), reference, {
    dtypes: [dtypes],
    task,
    prefix,
  });
  const base = stage === null ? null : await ownCopy();
  const pinned = withPin(base?.manifest ?? null, described, { stage: stage ?? undefined });
  const manifest = base ? pinned : { ...pinned, name: freeName(pinned.name, usedNames()) };
  const wanted = missingFiles(manifest, base?.manifest ?? null, described);
  const headersFor = headersOf(request);
  await downloadAll([...wanted.values()], headersFor, addition);
  const read: LoadedManifest['readVerified'] = async (file, sha256) => {
    const known = wanted.get(sha256);
    // If another tab that added the same model has deleted the file meanwhile, `fetch` downloads it again.
    if (known) return downloads.fetch(known, signal, headersFor, waitIn(addition));
    return described.read.get(sha256) ?? base!.readVerified(file, sha256);
  };
  const loaded = withFiles(manifest, read);
  const own = stageOf(manifest, described, stage);
  for (const variant of own.variants.filter(({ source }) => source?.hub === described.repository.id)) {
    step(`Checking ${variant.name}`);
    const seen = stageOfVariant(own, variant);
    await addition.checker.check(seen, variant.name, await loaded.readModels(variant));
  }
  step(`Saving ${id}`);
  setChosen(await ownPipelines.save(loaded));
  await downloads.forget([...wanted.keys()]);
  lastAdded.value = `${id} in ${dtypeText(dtypes)} is a variant of ${own.name} in ${manifest.name}.`;
}

const stageOf = (manifest: Manifest, { kind }: Description, stage: string | null): ManifestStage =>
  manifest.stages.find(({ name, task }) => (stage === null ? task === kind.task : name === stage))!;

/** The files to download, by their SHA-256: all but the previous manifest's files and the files that the description has read. */
function missingFiles(
  manifest: Manifest,
  before: Manifest | null,
  { read }: Description,
): ReadonlyMap<string, KnownFile> {
  const known = new Set([...read.keys(), ...(before ? filesOf(before).map(({ sha256 }) => sha256) : [])]);
  return new Map(
    filesOf(manifest).flatMap(({ file, sha256, sizeBytes }) =>
      known.has(sha256) ? [] : [[sha256, { url: file, sha256, mostBytes: sizeBytes! }]],
    ),
  );
}

/** Downloads files one after the other, and shows bytes and the time left. */
async function downloadAll(
  files: readonly KnownFile[],
  headersFor: HeadersFor,
  addition: Addition,
): Promise<void> {
  const { signal, step } = addition;
  const totalBytes = files.reduce((sum, { mostBytes }) => sum + mostBytes, 0);
  const startMs = performance.now();
  let beforeBytes = 0;
  let keptBytes = 0;
  let shownMs = Number.NEGATIVE_INFINITY;
  for (const [i, file] of files.entries()) {
    let first = true;
    const onBytes = (bytes: number) => {
      // The first report includes the bytes of an earlier download, which say nothing about the speed of this one.
      if (first) keptBytes += bytes;
      first = false;
      const now = performance.now();
      if (now - shownMs < EVERY_MS) return;
      shownMs = now;
      const doneBytes = beforeBytes + bytes;
      const movedBytes = doneBytes - keptBytes;
      const elapsedMs = now - startMs;
      const left =
        elapsedMs > CONNECTED_MS && movedBytes > 0
          ? `, about ${duration((elapsedMs * (totalBytes - doneBytes)) / movedBytes)} left`
          : '';
      const which = `file ${i + 1} of ${files.length}`;
      step(`Downloading ${which}: ${bytesText(doneBytes)} of ${bytesText(totalBytes)}${left}`);
    };
    await downloads.fetch(file, signal, headersFor, waitIn(addition), onBytes);
    beforeBytes += file.mostBytes;
  }
}
