import type { ComponentChildren, Ref } from 'preact';

interface FieldProps {
  readonly label: ComponentChildren;
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
    <label class="field">
      {label}
      <input
        maxLength={1000}
        {...own}
        // Preact's types tell inputs apart by a type that is known when the code is written.
        {...({ type } as { type: 'text' })}
        {...(input && { ref: input })}
        autocomplete="off"
        dir="auto"
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
    </label>
  );
}

interface SelectFieldProps extends FieldProps {
  /** The choices: names, or values with their names. */
  readonly options: readonly (string | readonly [value: string | number, name: string])[];
}

/** A choice of one among several, with a label above. */
export function SelectField({ label, value, onValue, options }: SelectFieldProps) {
  return (
    <label class="field">
      {label}
      <select value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        {options.map((option) => {
          const [own, name] = typeof option === 'string' ? [option, option] : option;
          return (
            <option key={own} value={own}>
              {name}
            </option>
          );
        })}
      </select>
    </label>
  );
}
