import type { Signal } from '@preact/signals';
import { focusAround } from './kept-focus.ts';

interface CloseButtonProps<T> {
  readonly label?: string;
  readonly class?: string;
  /** What the button closes: its value, which is shown around the button, becomes null. */
  readonly of: Signal<T | null>;
}

/** A button that closes what it is in, and so disappears. */
export const CloseButton = <T,>({ label = 'Close', class: kind, of }: CloseButtonProps<T>) => (
  <button
    type="button"
    class={kind}
    onClick={({ currentTarget }) => {
      focusAround(currentTarget);
      of.value = null;
    }}
  >
    {label}
  </button>
);
