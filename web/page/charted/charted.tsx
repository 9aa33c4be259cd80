import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { unasked } from '../../state/app.ts';
import { loaded } from '../../state/part.ts';

type Parts = typeof import('./parts.ts');

const parts = signal<Parts | null>(null);

/** Loads the parts that draw charts. A page without a profile needs none, and the chart library is a third of the page's code. */
export async function loadCharts(): Promise<void> {
  parts.value ??= await loaded(import('./parts.ts'));
}

/** Makes a component that loads the parts and then shows one of them. */
const charted = <Props extends object>(pick: (loaded: Parts) => FunctionComponent<Props>) =>
  function Charted(props: Props) {
    const Part = parts.value && pick(parts.value);
    useEffect(() => void unasked(loadCharts), []);
    return Part && <Part {...props} />;
  };

export const ProfileCells = charted((loaded) => loaded.ProfileCells);
export const StageCells = charted((loaded) => loaded.StageCells);
export const PlanPanel = charted((loaded) => loaded.PlanPanel);
export const Compare = charted((loaded) => loaded.Compare);
export const Outcome = charted((loaded) => loaded.Outcome);
