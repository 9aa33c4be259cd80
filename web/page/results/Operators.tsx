import { useState } from 'preact/hooks';
import { type CellKey, cellId } from '../../../solver/documents/cell.ts';
import type { OperatorTime } from '../../../workers/stage/protocol.ts';
import { type CardColumn, CardTable } from '../../components/CardTable.tsx';
import { figures } from '../../components/DataTable.tsx';
import { cellText, milliseconds, number, percent, plural, sweepText } from '../../components/format.ts';
import { showsExample } from '../../state/example.ts';
import {
  cancelTiming,
  type TimedCell,
  timeable,
  timed,
  timeOperatorsOf,
  timing,
  timingFailure,
  whyNotTimeable,
} from '../../state/measure/operators.ts';
import { SelectField } from '../controls/Field.tsx';
import { useKeptFocus } from '../controls/kept-focus.ts';

/** Shows on demand which operators take the time of a variant. */
export function Operators() {
  return (
    <section aria-labelledby="operators-title">
      <h3 id="operators-title">Where the time goes</h3>
      <p class="muted">
        Runs one variant on this device with ONNX Runtime's profiler on, to show which of its operators take
        its time. The profiler makes runs slower: trust the shares rather than the times.
      </p>
      {timeable.value.length > 0 && <OperatorsForm />}
      <p role="status" class="muted">
        {timing.value
          ? `Running ${cellText(timing.value.cell)} …`
          : timeable.value.length === 0
            ? whyNotTimeable.value
            : timed.value && `Timed the operators of ${cellText(timed.value.cell)}.`}
      </p>
      {timingFailure.value && (
        <p class="problem" role="alert">
          {timingFailure.value}
        </p>
      )}
      {timed.value && <Timed {...timed.value} />}
    </section>
  );
}

const variantOf = ({ stage, variant }: CellKey): string => `${stage}/${variant}`;
const batchOf = ({ batch }: CellKey): string => String(batch);

/** The form's fields, which together select a cell. The options of each field depend on the fields before it. */
const CHOICES = [
  { label: 'Variant', of: variantOf },
  { label: 'Backend', of: sweepText },
  { label: 'Batch', of: batchOf },
] as const;

function OperatorsForm() {
  const [asked, setAsked] = useState<readonly string[]>([]);
  const host = useKeptFocus<HTMLFormElement>();
  const busy = timing.value !== null;
  let left = timeable.value;
  const fields = CHOICES.map(({ label, of }, i) => {
    const all = [...new Set(left.map(of))];
    const chosen = all.find((one) => one === asked[i]) ?? all[0]!;
    left = left.filter((cell) => of(cell) === chosen);
    return { label, all, chosen };
  });
  const key = left[0]!;
  return (
    <form
      ref={host}
      tabIndex={-1}
      class="row end"
      aria-labelledby="operators-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && whyNotTimeable.value === null) void timeOperatorsOf(key);
      }}
    >
      {fields.map(({ label, all, chosen }, i) => (
        <SelectField
          key={label}
          label={label}
          value={chosen}
          onValue={(value) => setAsked(fields.map((field, f) => (f === i ? value : field.chosen)))}
          options={all}
        />
      ))}
      <button type="submit" disabled={busy || whyNotTimeable.value !== null}>
        Time its operators
      </button>
      {busy && (
        <button type="button" onClick={cancelTiming}>
          Cancel
        </button>
      )}
      <span class="muted">{whyNotTimeable.value}</span>
    </form>
  );
}

function Timed({ cell, times: { batches, batchMs, operators, kernelsTimed } }: TimedCell) {
  const sum = operators.reduce((total, { ms }) => total + ms, 0);
  const measured = timeable.value.find((one) => cellId(one) === cellId(cell));
  // The figures of the example are from another device, so times on this device must not be compared with them.
  const without = showsExample.value ? undefined : measured?.latencyMs.p50;
  if (!kernelsTimed)
    return (
      <p class="notice">
        <strong>Not measured.</strong> The GPU reported no times of its kernels to this page: a browser
        without the WebGPU feature timestamp-query does not. Choose wasm, or use another browser.
      </p>
    );
  if (operators.length === 0)
    return <p class="muted">ONNX Runtime reported nothing about the operators of {cellText(cell)}.</p>;
  return (
    <>
      <p>
        <strong>{cellText(cell)}</strong>: operators took {milliseconds(sum)} of {milliseconds(batchMs)} a
        batch, on average over {plural(batches, 'batch', 'batches')} after a warm-up, while ONNX Runtime
        recorded the operators
        {without !== undefined && <> (measured without recording: median {milliseconds(without)})</>}.
      </p>
      <CardTable
        label="Operators by time"
        corner="Operator"
        columns={columnsOf(operators, sum)}
        rows={operators}
        rowKey={({ session, operator, on }) => `${session}/${operator}/${on}`}
        rowHead={({ operator }) => operator}
      />
    </>
  );
}

/** The table's columns. The columns for the session and the device appear only if rows differ in them. */
function columnsOf(operators: readonly OperatorTime[], sum: number): CardColumn<OperatorTime>[] {
  const differ = (of: (row: OperatorTime) => string) => new Set(operators.map(of)).size > 1;
  return [
    ...(differ(({ session }) => session)
      ? [{ label: 'Session', show: ({ session }: OperatorTime) => session }]
      : []),
    ...(differ(({ on }) => on)
      ? [{ label: 'Runs on', show: ({ on }: OperatorTime) => on.toUpperCase() }]
      : []),
    figures('Calls a batch', ({ calls }) => calls, number),
    figures('Time a batch', ({ ms }) => ms, milliseconds),
    {
      label: 'Share',
      numeric: true,
      show({ ms }) {
        const share = sum > 0 ? ms / sum : null;
        return (
          <>
            {percent(share)}{' '}
            <span class="share-bar" style={{ '--share': `${100 * (share ?? 0)}%` }} aria-hidden="true" />
          </>
        );
      },
    },
  ];
}
