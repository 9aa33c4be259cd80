import { useId, useState } from 'preact/hooks';
import { grouped } from '../../../solver/math/figures.ts';
import { Labelled } from './Field.tsx';

interface NumberInputProps {
  readonly id: string;
  readonly value: number;
  /** Absent for a whole number of at most 15 digits. */
  readonly range?: readonly [min: number, max: number];
  readonly whole?: boolean;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/**
 * An input for a number. Invalid text is marked with the valid range, and the last valid number remains in use. When the input
 * loses the focus, this number reappears, and the refused text is shown beside it until the user types again.
 */
export function NumberInput({ id, value, range, whole = false, disabled, onChange }: NumberInputProps) {
  const [typed, setTyped] = useState<{ readonly text: string; readonly valid: boolean } | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const problem = useId();
  const invalid = typed !== null && !typed.valid;
  return (
    <>
      <input
        id={id}
        type="number"
        step={whole ? 1 : 'any'}
        min={range?.[0]}
        max={range?.[1]}
        disabled={disabled}
        value={typed?.text ?? value}
        aria-invalid={invalid}
        aria-describedby={invalid || refused !== null ? problem : undefined}
        onInput={({ currentTarget: input }) => {
          const entered = input.valueAsNumber;
          // Not every whole number of more than 15 digits is exact.
          const valid = input.validity.valid && (whole ? Math.abs(entered) < 1e15 : Number.isFinite(entered));
          setTyped({ text: input.value, valid });
          setRefused(null);
          if (valid && entered !== value) onChange(entered);
        }}
        onBlur={() => {
          setRefused(invalid ? typed.text : null);
          setTyped(null);
        }}
      />
      {(invalid || refused !== null) && (
        <span id={problem} class="invalid">
          {refused && `${refused} is not valid. `}
          {`Takes ${validText(whole, range)}; ${grouped(value)} stays in use.`}
        </span>
      )}
    </>
  );
}

function validText(whole: boolean, range: NumberInputProps['range']): string {
  if (!range) return 'a whole number of at most 15 digits';
  return `${whole ? 'a whole number' : 'a number'} from ${grouped(range[0])} to ${grouped(range[1])}`;
}

export function NumberField({ label, ...input }: Omit<NumberInputProps, 'id'> & { readonly label: string }) {
  return <Labelled label={label}>{(id) => <NumberInput id={id} {...input} />}</Labelled>;
}
