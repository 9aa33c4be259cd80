import { useState } from 'preact/hooks';

export const carriesFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes('Files') ?? false;

/** Makes an element accept dropped files. It prevents the event's default, so that the page's own drop zone ignores it. */
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
        // The pointer has moved to a child, and so has not left the element.
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
