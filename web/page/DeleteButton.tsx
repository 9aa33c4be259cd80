import { useState } from 'preact/hooks';

interface DeleteButtonProps {
  /** Says it in words to those who do not see what it stands beside. */
  readonly what: string;
  readonly label?: string;
  readonly onDelete: () => void;
}

/** Asks before it deletes: what was made here cannot be had back. */
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
