import type { TargetedMouseEvent } from 'preact';
import { useState } from 'preact/hooks';
import { attempt } from '../../state/app.ts';
import { focusAround } from './kept-focus.ts';

interface DeleteButtonProps {
  /** Tells screen readers what the button deletes. */
  readonly what: string;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly onDelete: () => Promise<unknown>;
}

/**
 * A button that asks before it deletes, because deleting cannot be undone. The button disappears with what it deletes, so the focus
 * moves to the part of the page around the button.
 */
export function DeleteButton({ what, label = 'Delete', disabled, onDelete }: DeleteButtonProps) {
  const [asked, setAsked] = useState(false);
  const click = ({ currentTarget }: TargetedMouseEvent<HTMLElement>) => {
    if (!asked) return setAsked(true);
    focusAround(currentTarget);
    void attempt(onDelete);
  };
  return (
    <button
      type="button"
      class={asked ? 'danger' : 'link'}
      disabled={disabled}
      aria-label={asked ? `Delete ${what} for good` : `Delete ${what}`}
      onClick={click}
      onBlur={() => setAsked(false)}
    >
      {asked ? 'Delete for good' : label}
    </button>
  );
}
