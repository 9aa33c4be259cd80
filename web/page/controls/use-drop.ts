import { useState } from 'preact/hooks';
import { isHidden } from '../../../models/hub/given/given-file.ts';
import { attempt } from '../../state/app.ts';

export const carriesFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes('Files') ?? false;

/** Passes the files of a drop on, if there are any. If they cannot be read, the page says so. */
export function takeDropped(event: DragEvent, take: (files: File[]) => Promise<unknown>): void {
  const dropped = droppedFiles(event);
  void attempt(async () => {
    const files = await dropped;
    if (files.length > 0) await take(files);
  });
}

/** Lists the dropped files and, with their paths, the files in dropped folders. Leaves out what is hidden in these folders. */
async function droppedFiles({ dataTransfer }: DragEvent): Promise<File[]> {
  // The browser gives the entries only until the event's handler has returned.
  const entries = [...(dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  const files = [...(dataTransfer?.files ?? [])];
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  return (await Promise.all(entries.map((entry) => (entry ? filesIn(entry) : [])))).flat();
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    // Adds the path, which the files of a folder have if it was chosen in a file dialog, but not if it was dropped.
    Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.slice(1) });
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries at a time, and none after the last.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.filter(({ name }) => !isHidden(name)).map(filesIn))).flat();
}

/**
 * Makes an element accept dropped files. Prevents the event's default, so that the page's own drop zone ignores the drop.
 * @returns `target`, the element's event handlers, and `over`, whether files are dragged over the element
 */
export function useDrop(disabled: boolean, onFiles: (files: File[]) => Promise<unknown>) {
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
        // A pointer that has moved to a child has not left the element.
        if (!(currentTarget as Element).contains(relatedTarget as Node | null)) setOver(false);
      },
      onDrop(event: DragEvent) {
        setOver(false);
        if (disabled || !carriesFiles(event)) return;
        event.preventDefault();
        takeDropped(event, onFiles);
      },
    },
  };
}
