import type { Profile } from '../../solver/documents/profile.ts';
import { type Column, DataTable, figures } from './DataTable.tsx';
import { percent } from './format.ts';

type Stage = Profile['stages'][number];
type Variant = Stage['variants'][number];

/** Table of the variants' metrics: the one that plans use, further ones of the task, and published figures. */
export function AccuracyTable({ stage: { name, metric, variants } }: { readonly stage: Stage }) {
  if (variants.every(({ accuracy }) => accuracy.measured === null)) return null;
  const others = new Set(variants.flatMap(({ accuracy }) => Object.keys(accuracy.measured?.others ?? {})));
  const shares = (label: string, value: (variant: Variant) => number | null) =>
    figures(label, value, percent);
  const columns: Column<Variant>[] = [
    { label: 'Variant', value: (variant) => variant.name },
    shares(metric, ({ accuracy }) => accuracy.measured?.value ?? null),
    ...[...others].map((other) =>
      shares(other, ({ accuracy }) => accuracy.measured?.others?.[other] ?? null),
    ),
    shares('Published', ({ accuracy }) => accuracy.published),
    figures('n', ({ accuracy }) => accuracy.measured?.n ?? null),
  ];
  return (
    <DataTable
      caption={`Accuracy of ${name}`}
      columns={columns}
      rows={variants}
      rowKey={(variant) => variant.name}
    />
  );
}
