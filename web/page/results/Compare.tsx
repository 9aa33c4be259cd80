import { useCallback, useMemo } from 'preact/hooks';
import { cellId } from '../../../solver/documents/cell.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { median } from '../../../solver/math/statistics.ts';
import { panelTitle } from '../../charts/batch-panels.ts';
import { Chart } from '../../charts/Chart.tsx';
import {
  describeRatio,
  type RatioVerdict,
  ratioDomain,
  ratioPlot,
  rowOf,
  times,
  VERDICTS,
} from '../../charts/ratios.ts';
import { CellFlags } from '../../components/Cells.tsx';
import { type Column, DataTable, figures } from '../../components/DataTable.tsx';
import { adapterText, date, milliseconds, number, plural, sweepText } from '../../components/format.ts';
import { opened } from '../../state/app.ts';
import type { ComparedProfile } from '../../state/files/cell-table.ts';
import { SelectField } from '../controls/Field.tsx';
import {
  type ComparedPoint,
  isSameSweep,
  type ProfileComparison,
  type Sides,
  type Unmatched,
} from './compare-profiles.ts';
import { choosePairing, comparable, compareWith, comparison, other, pairing, pairings } from './comparing.ts';

/** Compares the cells of the opened profile with those of another profile, perhaps of another device, runtime or backend. */
export function Compare() {
  return (
    <section id="compare" class="compare" aria-labelledby="compare-title">
      <h3 id="compare-title">Compare</h3>
      {comparable.value.length === 0 ? (
        <p class="muted">
          To compare, import another profile or the table of its cells (CSV), or measure this device again
          with another seed.
        </p>
      ) : (
        <div class="row end">
          <SelectField
            label="Compare this profile with"
            value={other.value?.sha256 ?? ''}
            onValue={(id) => compareWith(id || null)}
            options={[
              ['', 'none'],
              ...comparable.value.map(({ id, title }) => [id, `${title} (${id.slice(0, 8)})`] as const),
            ]}
          />
          {pairings.value.length > 1 && (
            <SelectField
              label="Backends to compare"
              value={String(pairings.value.indexOf(pairing.value!))}
              onValue={(index) => choosePairing(Number(index))}
              options={pairings.value.map((sides, i) => [i, sidesText(sides)])}
            />
          )}
        </div>
      )}
      {comparison.value && <Compared comparison={comparison.value} />}
    </section>
  );
}

const sidesText = (sides: Sides): string =>
  sides === 'same'
    ? 'every backend that both measured'
    : `${sweepText(sides.base)} of this profile, ${sweepText(sides.other)} of the other one`;

function Compared({
  comparison: { points, onlyInBase, onlyInOther },
}: {
  readonly comparison: ProfileComparison;
}) {
  const base = opened.value!.profile;
  const against = other.value!;
  const titles = [...new Set(points.map(panelOf))];
  const domain = ratioDomain(points);
  return (
    <>
      <Differences base={base} other={against.profile} />
      {'file' in against && (
        <p class="muted">
          {against.file} has the cells of a profile alone. It has no samples, accuracies and labelled
          examples, so the page cannot open it or plan with it. Open the profile (JSON) or its report (HTML)
          instead.
        </p>
      )}
      {points.length === 0 ? (
        <p class="notice">
          The two profiles have no point in common: no stage, variant and batch size that both measured on
          these backends.
        </p>
      ) : (
        <>
          <Outcome points={points} />
          <div class="tiles start panels">
            {titles.map((title) => (
              <Ratios
                key={title}
                title={title}
                points={points.filter((point) => panelOf(point) === title)}
                low={domain[0]}
                high={domain[1]}
              />
            ))}
          </div>
          <DataTable
            caption="Table of the comparison"
            columns={COLUMNS}
            rows={points}
            rowKey={({ key }) => cellId(key)}
            marked={({ verdict }) => verdict === 'faster' || verdict === 'slower'}
          />
        </>
      )}
      <NotCompared only="this profile" lacking="the other profile" cells={onlyInBase} />
      <NotCompared only="the other profile" lacking="this profile" cells={onlyInOther} />
    </>
  );
}

/** The words after a number of points that only one profile has. `lacking` names the profile that lacks them. */
const WHY_NOT: Record<Unmatched['why'], (lacking: string) => string> = {
  'no-stage': (lacking) => `of a stage that ${lacking} does not have`,
  'no-variant': (lacking) => `of a variant that ${lacking} does not have`,
  failed: (lacking) => `that failed in ${lacking}`,
  skipped: (lacking) => `that ${lacking} left out, as not needed or for lack of time`,
  'not-measured': (lacking) => `with a backend, thread count or batch size that ${lacking} did not measure`,
};

interface NotComparedProps {
  readonly only: string;
  readonly lacking: string;
  readonly cells: readonly Unmatched[];
}

/** The points that only one profile has, grouped by the reason why the other profile lacks them. */
function NotCompared({ only, lacking, cells }: NotComparedProps) {
  if (cells.length === 0) return null;
  return (
    <p class="muted">
      Only in {only}, so not compared:{' '}
      {(Object.keys(WHY_NOT) as Unmatched['why'][])
        .map((why) => cells.filter((cell) => cell.why === why))
        .filter((own) => own.length > 0)
        .map((own) => `${plural(own.length, 'point')} ${WHY_NOT[own[0]!.why](lacking)} (${namesOf(own)})`)
        .join('; ')}
      .
    </p>
  );
}

/** Names cells, those of a variant and backend together: `detect/det4 on wasm, batch 2 and 8`. */
function namesOf(cells: readonly Unmatched[]): string {
  const name = ({ stage, variant, ...sweep }: Unmatched) => `${stage}/${variant} on ${sweepText(sweep)}`;
  return [...new Set(cells.map(name))]
    .sort()
    .map((one) => {
      const batches = cells.filter((cell) => name(cell) === one).map(({ batch }) => batch);
      return `${one}, batch ${batches.sort((a, b) => a - b).join(' and ')}`;
    })
    .join(', ');
}

/** Whether the two cells of a point have the same backend and thread count. */
const isWithin = ({ key, other: there }: ComparedPoint): boolean => isSameSweep(key, there);

const panelOf = (point: ComparedPoint): string =>
  isWithin(point)
    ? panelTitle(point.key)
    : `${point.key.stage}: ${sweepText(point.other)} against ${sweepText(point.key)}`;

/** Other differences between the two profiles, which may explain differences in latency. */
function Differences({ base, other: against }: { readonly base: Profile; readonly other: ComparedProfile }) {
  const rows: [string, string, string][] = [
    ['Measured', date(base.createdAt), date(against.createdAt)],
    ['Device', base.device.platform, against.device.platform],
    ['Adapter', adapterText(base.device.adapter), adapterText(against.device.adapter)],
    ['Runs in', base.device.agent, against.device.agent],
    ['ONNX Runtime', ortOf(base), ortOf(against)],
    ['Pipeline', base.pipeline, against.pipeline],
    ['Labelled examples', examplesOf(base), examplesOf(against)],
  ];
  return (
    <ul class="notes">
      {rows
        .filter(([, a, b]) => a !== b)
        .map(([what, a, b]) => (
          <li key={what}>
            <span class="muted">{what}:</span> {a} <span class="muted">against</span> {b}
          </li>
        ))}
    </ul>
  );
}

/** The source of a profile's labelled examples, which older profiles and tables of cells do not record. */
const examplesOf = ({ pack }: ComparedProfile): string =>
  pack === undefined ? 'not stated' : (pack?.source ?? 'none');

const ortOf = ({ device }: ComparedProfile): string => `${device.ortVersion}, ${device.ortBuild} build`;

function Outcome({ points }: { readonly points: readonly ComparedPoint[] }) {
  const otherModels = points.filter(({ sameModel }) => !sameModel).length;
  const verdicts = (Object.keys(VERDICTS) as RatioVerdict[]).filter((one) =>
    points.some(({ verdict }) => verdict === one),
  );
  return (
    <>
      <p class="outcome">
        The other profile at {plural(points.length, 'point')}:{' '}
        {verdicts.map((verdict, i) => {
          const own = points.filter((point) => point.verdict === verdict);
          const ratios = own.map(({ ratio }) => ratio);
          const { glyph, word, colour } = VERDICTS[verdict];
          return (
            <span key={verdict}>
              {i > 0 && ', '}
              <span style={{ color: colour }} aria-hidden="true">
                {glyph}
              </span>{' '}
              <strong>{own.length}</strong> {word}
              {(verdict === 'faster' || verdict === 'slower') &&
                ` (${own.length > 2 ? `typically ${times(median(ratios))}` : ratios.map(times).join(' and ')})`}
            </span>
          );
        })}
        .
      </p>
      <p class="muted">
        Ratio of median latencies with its 95 % interval. A point counts as faster or slower if the difference
        exceeds the noise within the two profiles; at most 5 % of such verdicts are expected to be chance. The
        profiles do not show how much a device varies from day to day.
        {otherModels > 0 &&
          ` At ${plural(otherModels, 'point')} the two profiles measured different model files.`}
      </p>
    </>
  );
}

interface RatiosProps {
  readonly title: string;
  readonly points: readonly ComparedPoint[];
  readonly low: number;
  readonly high: number;
}

function Ratios({ title, points, low, high }: RatiosProps) {
  const draw = useCallback((width: number) => ratioPlot(points, [low, high], width), [points, low, high]);
  const chartPoints = useMemo(
    () => points.map((point) => ({ x: point.ratio, y: rowOf(point), text: describeRatio(point) })),
    [points],
  );
  return (
    <Chart
      title={title}
      note="variant · batch; left of 1: the other is faster"
      description="Ratio of the median latencies of each point, with its interval. The table below holds the figures."
      draw={draw}
      points={chartPoints}
    />
  );
}

const COLUMNS: readonly Column<ComparedPoint>[] = [
  { label: 'Stage', value: ({ key }) => key.stage },
  { label: 'Variant', value: ({ key }) => key.variant },
  {
    label: 'Backend',
    value: (point) =>
      isWithin(point) ? sweepText(point.key) : `${sweepText(point.key)} → ${sweepText(point.other)}`,
  },
  figures('Batch', ({ key }) => key.batch),
  figures('This p50', ({ base }) => base.latencyMs.p50, milliseconds),
  figures('Other p50', ({ other: { latencyMs } }) => latencyMs.p50, milliseconds),
  figures('Ratio', ({ ratio }) => ratio, times),
  {
    label: '95 % interval',
    numeric: true,
    value: ({ low }) => low,
    show: ({ low, high }) => `${number(low, 2)}–${number(high, 2)}`,
  },
  figures('n', ({ base, other: { latencyMs } }) => Math.min(base.latencyMs.n, latencyMs.n)),
  {
    label: 'Verdict',
    value: ({ verdict }) => VERDICTS[verdict].word,
    show: ({ verdict }) => `${VERDICTS[verdict].glyph} ${VERDICTS[verdict].word}`,
  },
  {
    label: 'Validity',
    value: ({ base, other: { flags } }) => [...base.flags, ...flags].join(),
    show: ({ base, other: { flags } }) => <CellFlags flags={[...new Set([...base.flags, ...flags])]} />,
  },
];
