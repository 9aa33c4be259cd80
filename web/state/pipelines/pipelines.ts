import { computed, signal } from '@preact/signals';
import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { name } from '../../../solver/documents/common.ts';
import type { IdentifiedProfile } from '../../../solver/documents/profile.ts';
import { PipelineStore } from '../../../workers/store/pipelines.ts';
import { loadPipeline } from '../../engine/engine.ts';
import { models, open, opened, profile, saved } from '../app.ts';
import { kept } from '../kept.ts';

/** Pipelines shipped with the page. A new user sees the first one. */
export const SHIPPED = [
  'fashion',
  'mail',
  'mini-audio-qa',
  'mini-audio-sentiment',
  'mini-sum-qa',
  'mini-nlp',
] as const;

const isShipped = (name: string): boolean => SHIPPED.some((one) => one === name);

/** The store of the pipelines that the user added in this browser. */
export const ownPipelines = new PipelineStore();
export const ownNames = signal<readonly string[]>([]);

/** Names that a new pipeline cannot have. */
export const usedNames = (): string[] => [...SHIPPED, ...ownNames.value];

/** Whether the user added the chosen pipeline, and so can change it. */
export const isOwn = computed(() => {
  const name = models.value?.manifest.name;
  return name !== undefined && !isShipped(name);
});

export const hasPipeline = (name: string): boolean => usedNames().includes(name);

/** The beginning of a sentence that tells the user how to choose a pipeline, or how to get it if this browser does not have it. */
export const howToChoose = (name: string): string =>
  hasPipeline(name)
    ? `Choose ${name} under Measure`
    : `This browser no longer has the pipeline ${name}, or never had it: open its files under Your own models`;

const lastChosen = kept({ name: 'pipeline', schema: name, initial: SHIPPED[0] as string });

/** Counts choices, because a pipeline that loads slowly must not replace one that was chosen later. */
let choices = 0;

/** @throws PipelineNotFoundError, and errors of reading a manifest */
export async function loadChosen(name: string): Promise<void> {
  const choice = ++choices;
  const loaded = isShipped(name) ? await loadPipeline(name) : await ownPipelines.load(name);
  if (choice === choices) setChosen(loaded);
}

/** Makes a pipeline the chosen one and remembers it for the next visit. */
export function setChosen(loaded: LoadedManifest): void {
  choices++;
  models.value = loaded;
  lastChosen.value = loaded.manifest.name;
}

/** Loads the pipeline chosen last. If that fails, loads the first shipped one and throws the error. */
export async function recallPipeline(): Promise<void> {
  try {
    await listOwn();
    await loadChosen(lastChosen.value);
  } catch (error) {
    await loadChosen(SHIPPED[0]);
    throw error;
  }
}

export async function listOwn(): Promise<void> {
  ownNames.value = await ownPipelines.list();
}

/**
 * Lists the user's pipelines again, which another tab may have changed. If the chosen one is gone, chooses the first shipped one.
 * @throws PipelineNotFoundError if the chosen pipeline is gone
 */
export async function relistOwn(): Promise<void> {
  await listOwn();
  if (!hasPipeline(lastChosen.value)) await recallPipeline();
}

/**
 * Chooses a pipeline and, unless a profile of that pipeline is open, opens its newest one.
 * @throws errors of {@link loadChosen} and of opening a profile
 */
export async function choosePipeline(name: string): Promise<void> {
  await loadChosen(name);
  if (models.value?.manifest.name !== name) return;
  const newest = saved.value.find(({ pipeline }) => pipeline === name);
  if (newest && profile.value?.pipeline !== name) await open(newest.id);
}

/** Opens a profile, and chooses its pipeline if this browser has it. @throws ProfileNotFoundError, InvalidDocumentError */
export async function openWithPipeline(id: string): Promise<void> {
  await open(id);
  await chooseOpenedPipeline();
}

/** Opens a profile that is in memory, such as one just measured, and chooses its pipeline if this browser has it. */
export async function openMeasured(measured: IdentifiedProfile): Promise<void> {
  opened.value = measured;
  await chooseOpenedPipeline();
}

async function chooseOpenedPipeline(): Promise<void> {
  choices++;
  const { pipeline } = opened.value!.profile;
  if (hasPipeline(pipeline) && pipeline !== models.value?.manifest.name) await loadChosen(pipeline);
}
