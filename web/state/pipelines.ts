import { computed, signal } from '@preact/signals';
import type { LoadedManifest } from '../../models/manifests/load.ts';
import { PipelineStore } from '../../workers/store/pipelines.ts';
import { loadPipeline } from '../engine/engine.ts';
import { models, open, opened, profile, saved } from './app.ts';

/** Which pipeline the page measures: the one that it ships with, or one of the user's own. */

export const SHIPPED = 'fashion';

export const kept = new PipelineStore();
/** Names of the user's own pipelines. */
export const own = signal<readonly string[]>([]);

/** Whether the pipeline that is chosen is the user's own, so that it may be changed. */
export const isOwn = computed(() => {
  const name = models.value?.manifest.name;
  return name !== undefined && name !== SHIPPED;
});

export const hasPipeline = (name: string): boolean => name === SHIPPED || own.value.includes(name);

const KEY = 'ipa-edge/pipeline';

/** @throws PipelineNotFoundError, and what reading a manifest throws */
export async function loadChosen(name: string): Promise<void> {
  show(name === SHIPPED ? await loadPipeline(SHIPPED) : await kept.load(name));
}

/** Shows a pipeline, also after a reload. */
export function show(loaded: LoadedManifest): void {
  models.value = loaded;
  try {
    localStorage.setItem(KEY, loaded.manifest.name);
  } catch {
    // Where nothing may be kept, a reload shows what the page ships with.
  }
}

/** The pipeline that was chosen last; the shipped one where that cannot be had any more, and then why. */
export async function recallPipeline(): Promise<void> {
  try {
    await listOwn();
    await loadChosen(localStorage.getItem(KEY) ?? SHIPPED);
  } catch (error) {
    await loadChosen(SHIPPED);
    throw error;
  }
}

export async function listOwn(): Promise<void> {
  own.value = await kept.list();
}

/** Chooses a pipeline, with the newest of its profiles. @throws what {@link loadChosen} and opening a profile throw */
export async function choosePipeline(name: string): Promise<void> {
  await loadChosen(name);
  const newest = saved.value.find(({ pipeline }) => pipeline === name);
  if (newest && profile.value?.pipeline !== name) await open(newest.id);
}

/** Opens a profile, with the pipeline that it is of where that is here. @throws ProfileNotFoundError, InvalidDocumentError */
export async function openWithPipeline(id: string): Promise<void> {
  await open(id);
  const { pipeline } = opened.value!.profile;
  if (hasPipeline(pipeline) && pipeline !== models.value?.manifest.name) await loadChosen(pipeline);
}
