import { useState } from 'preact/hooks';

interface DeleteButtonProps {
  /** Tells screen readers what the button deletes. */
  readonly what: string;
  readonly label?: string;
  readonly onDelete: () => void;
}

/** A button that asks before it deletes, because deleting cannot be undone. */
export function DeleteButton({ what, label = 'Delete', onDelete }: DeleteButtonProps) {
  const [asked, setAsked] = useState(false);
  return (
    <button
      type="button"
      class={asked ? 'danger' : 'link'}
      aria-label={asked ? `Delete ${what} for good` : `Delete ${what}`}
      onClick={() => (asked ? onDelete() : setAsked(true))}
      onBlur={() => setAsked(false)}
    >
      {asked ? 'Delete for good' : label}
    </button>
  );
}
