import type { ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { TermMark } from '../../components/Term.tsx';

interface LabelledProps {
  readonly label: string;
  readonly children: (id: string) => ComponentChildren;
}

/** An input with a label above, and an explanation of the label if it is a technical term. */
export function Labelled({ label, children }: LabelledProps) {
  const id = useId();
  return (
    <div class="field">
      <span>
        <label for={id}>{label}</label>
        <TermMark of={label} />
      </span>
      {children(id)}
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

interface TextFieldProps extends FieldProps {
  readonly type?: 'text' | 'url' | 'password';
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly input?: Ref<HTMLInputElement>;
}

/** An input for a short text, with a label above. The browser does not remember its value. */
export function TextField({ label, onValue, type = 'text', input, ...own }: TextFieldProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          maxLength={1000}
          {...own}
          // Preact's types distinguish inputs by a literal `type`, so a variable one needs a cast.
          {...({ type } as { type: 'text' })}
          {...(input && { ref: input })}
          autocomplete="off"
          dir="auto"
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

interface SelectFieldProps extends FieldProps {
  /** The choices: names, or values with their names. */
  readonly options: readonly (string | readonly [value: string | number, name: string])[];
}

/** A choice of one among several, with a label above. */
export function SelectField({ label, value, onValue, options }: SelectFieldProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select id={id} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          {options.map((option) => {
            const [own, name] = typeof option === 'string' ? [option, option] : option;
            return (
              <option key={own} value={own} dir="auto">
                {name}
              </option>
            );
          })}
        </select>
      )}
    </Labelled>
  );
}
