import { type LoadedManifest, withFiles } from '../../models/manifests/load.ts';
import { type Cell, type CellKey, cellId, keyOf } from '../../solver/documents/cell.ts';
import type { IdentifiedProfile } from '../../solver/documents/profile.ts';
import type { ProfileOptions } from '../../workers/profiler/profile.ts';
import type { OperatorTimes } from '../../workers/stage/protocol.ts';
import { identify } from '../../workers/store/exchange.ts';
import { fashionManifest, fashionProfile } from './fixtures.ts';

/** Stands in for the engine in tests of the page: the same journal and progress, without models. */

const CELL_MS = 8;

declare global {
  /** The number of cells after which the profiler of this page waits until the number changes; if undefined, it never waits. */
  var holdAfterCells: number | undefined;
  /** While true, reading a model waits. Afterwards it fails, because this page has no models. */
  var holdModels: boolean | undefined;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, CELL_MS));

async function held(cells: number, signal: AbortSignal | undefined): Promise<void> {
  while (cells === globalThis.holdAfterCells && !signal?.aborted) await pause();
}

export const loadPipeline = async (): Promise<LoadedManifest> =>
  withFiles(fashionManifest(), async () => {
    while (globalThis.holdModels) await pause();
    throw new Error('This page has no models.');
  });

export async function measure(options: Omit<ProfileOptions, 'environment'>): Promise<IdentifiedProfile> {
  const { store, settings, signal, unpaused, onJournal, onProgress, onDraft } = options;
  const profile = fashionProfile(settings.seed);
  const { budgetS: _, ...same } = settings;
  const journal = JSON.stringify(same);
  await onJournal?.(journal);
  const wanted = profile.cells
    .filter((cell) => settings.backends.includes(cell.backend))
    .sort((a, b) => a.batch - b.batch);
  onProgress?.({ phase: 'accuracy', done: 1, total: 1, share: 0, timeLeftMs: null, current: 'detect/det4' });
  const known = (await store.readJournal(journal)).map((entry) => (entry as { cell: Cell }).cell);
  const cells: Cell[] = [];
  const cancelled = new Promise((resolve) => signal?.addEventListener('abort', resolve));
  for (const cell of wanted) {
    await Promise.race([unpaused?.(), cancelled]);
    await held(cells.length, signal);
    signal?.throwIfAborted();
    if (!known.some((other) => cellId(other) === cellId(cell))) {
      await pause();
      await store.append(journal, { kind: 'cell', cell });
    }
    cells.push(cell);
    const [done, total] = [cells.length, wanted.length];
    onProgress?.({
      phase: 'cells',
      done,
      total,
      share: done / total,
      timeLeftMs: (total - done) * CELL_MS,
      current: keyOf(cell),
      finished: cell,
    });
    if (wanted[done]?.batch !== cell.batch) await onDraft?.({ ...profile, cells: [...cells] });
  }
  const finished = await identify({ ...profile, cells });
  await store.saveProfile(finished);
  await store.deleteJournal(journal);
  return finished;
}

/** Acts out three cases: on webgpu no operators are known, on wasm batch 1 is never answered, and larger batches are an error. */
export function timeOperators(
  _: LoadedManifest,
  { backend, batch }: CellKey,
  signal: AbortSignal,
): Promise<OperatorTimes> {
  if (backend === 'webgpu')
    return Promise.resolve({ batches: 3, batchMs: 9, operators: [], kernelsTimed: false });
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    if (batch > 1) reject(new Error('det4.onnx cannot be loaded'));
  });
}
