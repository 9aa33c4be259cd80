import { useState } from 'preact/hooks';

export const carriesFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes('Files') ?? false;

/** Makes an element take files that are dropped on it. Preventing the default tells the page's own drop zone to keep off. */
export function useDrop(disabled: boolean, onFiles: (files: File[]) => void) {
  const [over, setOver] = useState(false);
  const drag = (event: DragEvent) => {
    if (disabled || !carriesFiles(event)) return;
    event.preventDefault();
    setOver(true);
  };
  return {
    over,
    target: {
      onDragEnter: drag,
      onDragOver: drag,
      onDragLeave(event: DragEvent) {
        const { currentTarget, relatedTarget } = event;
        // Into the element's own parts it is no leaving.
        if (!(currentTarget as Element).contains(relatedTarget as Node | null)) setOver(false);
      },
      onDrop(event: DragEvent) {
        setOver(false);
        if (disabled || !carriesFiles(event)) return;
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length > 0) onFiles(files);
      },
    },
  };
}
