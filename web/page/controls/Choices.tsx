import { Term } from '../../components/Term.tsx';

interface ChoicesProps<T> {
  readonly label: string;
  readonly all: readonly T[];
  /** The ticked choices. The user cannot untick the last one. */
  readonly chosen: readonly T[];
  readonly onChange: (chosen: T[]) => void;
  readonly disabled?: (choice: T) => boolean;
  /** Why some choices are disabled. The section "This device" shows remedies. */
  readonly note?: string | null;
}

/** Multiple choice with a box to tick for each option. */
export function Choices<T extends string | number>(props: ChoicesProps<T>) {
  const { label, all, chosen, onChange, disabled = () => false, note } = props;
  // A link may have chosen values that the form does not offer otherwise.
  const offered = [...new Set([...all, ...chosen])].sort((a, b) => Number(a) - Number(b));
  const toggle = (choice: T, on: boolean) =>
    onChange(offered.filter((other) => (other === choice ? on : chosen.includes(other))));
  return (
    <fieldset class="row tight">
      <legend class="muted small">
        <Term>{label}</Term>
      </legend>
      {offered.map((choice) => (
        <label key={choice} class="row tight chip">
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            disabled={disabled(choice) || (chosen.length === 1 && chosen[0] === choice)}
            onChange={(event) => toggle(choice, event.currentTarget.checked)}
          />
          {choice}
        </label>
      ))}
      {note && (
        <span class="muted small">
          {note} <a href="#device">What to do</a>
        </span>
      )}
    </fieldset>
  );
}
