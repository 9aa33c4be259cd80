import { type Cell, cellId } from '../../../solver/documents/cell.ts';
import type { Manifest } from '../../../solver/documents/manifest.ts';
import { cellsOfBatch } from '../../../workers/profiler/cells.ts';
import { liveCells, profileState, type RunningProfile } from '../../state/measure/profiling.ts';
import type { MeasureSettings } from '../../state/measure/settings.ts';

const WORDS: Record<Cell['state'] | 'waiting' | 'working', string> = {
  waiting: 'not measured yet',
  working: 'being measured',
  measured: 'measured',
  skipped: 'left out',
  failed: 'failed',
};

/** Table of the running profile's cells: a row for each variant, a column for each backend, thread count and batch size. */
export function CellGrid({ manifest, settings }: Pick<RunningProfile, 'manifest' | 'settings'>) {
  const { batches } = settings;
  const sweeps = sweepsOf(manifest, settings);
  const states = new Map<string, Cell['state']>(liveCells.value.map((cell) => [cellId(cell), cell.state]));
  const current = profileState.value.progress?.current;
  const working = typeof current === 'object' ? cellId(current) : null;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="cell-scroll" aria-label="Cells" tabIndex={0}>
        <table aria-label="Cells, by variant, backend and batch size">
          <thead>
            <tr>
              <td />
              {sweeps.map((sweep) => (
                <th key={sweep.id} scope="colgroup" colSpan={batches.length}>
                  {sweep.id}
                </th>
              ))}
            </tr>
            <tr>
              <td />
              {sweeps.map((sweep) =>
                batches.map((batch) => (
                  <th key={`${sweep.id}/${batch}`} scope="col">
                    {batch}
                  </th>
                )),
              )}
            </tr>
          </thead>
          {manifest.stages.map((stage) => (
            <tbody key={stage.name}>
              <tr>
                <th scope="rowgroup">{stage.name}</th>
              </tr>
              {stage.variants.map((variant) => (
                <tr key={variant.name}>
                  <th scope="row">{variant.name}</th>
                  {sweeps.map(({ id, backend, threads }) =>
                    batches.map((batch) => {
                      const key = cellId({
                        stage: stage.name,
                        variant: variant.name,
                        backend,
                        threads,
                        batch,
                      });
                      const state = states.get(key) ?? (key === working ? 'working' : 'waiting');
                      return (
                        <td key={`${id}/${batch}`} class={`cell ${state}`} title={`${key}: ${WORDS[state]}`}>
                          <span class="unseen">{WORDS[state]}</span>
                        </td>
                      );
                    }),
                  )}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </section>
      <ul class="row legend" aria-hidden="true">
        {Object.entries(WORDS).map(([state, word]) => (
          <li key={state}>
            <span class={`cell ${state}`} /> {word}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Groups of columns: each backend with each of its thread counts. */
function sweepsOf(manifest: Manifest, settings: MeasureSettings) {
  const sweeps = new Map(
    cellsOfBatch(manifest, settings, 1).map(({ backend, threads }) => [
      threads > 1 ? `${backend} × ${threads}` : backend,
      { backend, threads },
    ]),
  );
  return [...sweeps].map(([id, sweep]) => ({ id: String(id), ...sweep }));
}
