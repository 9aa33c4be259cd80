import { useEffect, useState } from 'preact/hooks';
import { openFiles } from '../../state/files/open-files.ts';
import { carriesFiles, takeDropped } from '../controls/use-drop.ts';

/** Accepts files dropped anywhere on the page, except on an element that accepts them itself and prevents the event's default. */
export function DropZone() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      setOver(!event.defaultPrevented);
      event.preventDefault();
    };
    const leave = (event: DragEvent) => {
      // `relatedTarget` is null if the pointer has left the window rather than moved to another element.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!carriesFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      takeDropped(event, openFiles);
    };
    const end = new AbortController();
    const { signal } = end;
    window.addEventListener('dragenter', drag, { signal });
    window.addEventListener('dragover', drag, { signal });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal });
    return () => end.abort();
  }, []);
  if (!over) return null;
  return (
    <div class="drop-zone">
      <div class="card">
        <strong>Drop to open</strong>
        <div class="muted">
          A profile, plan, report, trace, table of cells, archive or pipeline, or models of your own
        </div>
      </div>
    </div>
  );
}
