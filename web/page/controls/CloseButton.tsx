import { focusAround } from './kept-focus.ts';

interface CloseButtonProps {
  readonly label?: string;
  readonly class?: string;
  readonly onClose: () => void;
}

/** A button that closes what it is in, and so disappears. */
export const CloseButton = ({ label = 'Close', class: kind, onClose }: CloseButtonProps) => (
  <button
    type="button"
    class={kind}
    onClick={({ currentTarget }) => {
      focusAround(currentTarget);
      onClose();
    }}
  >
    {label}
  </button>
);
