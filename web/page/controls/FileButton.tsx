import { isHidden } from '../../../models/hub/given/given-file.ts';
import { attempt } from '../../state/app.ts';

/** The file extensions of models and of what comes with them, for `accept`. */
export const MODEL_FILES = '.onnx,.onnx_data,.data,.json';

interface FileButtonProps {
  readonly label: string;
  /** The input's attribute `accept`: file extensions or media types. */
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Whether a whole folder is chosen, with all its files that are not hidden. */
  readonly folder?: boolean;
  readonly disabled: boolean;
  readonly onFiles: (files: File[]) => Promise<unknown>;
}

/** A button that opens the browser's file dialog. If the files cannot be taken, the page says so. */
export function FileButton({ label, accept, multiple, folder, disabled, onFiles }: FileButtonProps) {
  return (
    <label class={disabled ? 'button disabled' : 'button'}>
      {label}
      <input
        type="file"
        class="unseen"
        accept={accept}
        multiple={multiple}
        {...(folder && { webkitdirectory: true })}
        disabled={disabled}
        onChange={({ currentTarget: input }) => {
          const files = [...(input.files ?? [])].filter(
            ({ webkitRelativePath }) => !webkitRelativePath.split('/').slice(1).some(isHidden),
          );
          // Without this, choosing the same file again would raise no event.
          input.value = '';
          if (files.length > 0) void attempt(() => onFiles(files));
        }}
      />
    </label>
  );
}
