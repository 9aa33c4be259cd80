interface FileButtonProps {
  readonly label: string;
  /** Endings, as `accept` has them. */
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly disabled: boolean;
  readonly onFiles: (files: File[]) => void;
}

/** A button that asks for files. */
export function FileButton({ label, accept, multiple, disabled, onFiles }: FileButtonProps) {
  return (
    <label class={disabled ? 'button disabled' : 'button'}>
      {label}
      <input
        type="file"
        accept={accept}
        multiple={multiple}
        disabled={disabled}
        onChange={({ currentTarget: input }) => {
          const files = [...(input.files ?? [])];
          // So that the same file may be chosen again.
          input.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
