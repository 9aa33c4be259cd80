import { useState } from 'preact/hooks';

interface DeleteButtonProps {
  /** Names for a screen reader what the button deletes. */
  readonly what: string;
  readonly label?: string;
  readonly onDelete: () => void;
}

/** Asks before it deletes, since nothing that is deleted can be restored. */
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
