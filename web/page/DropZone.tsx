import { useEffect, useState } from 'preact/hooks';
import { attempt } from '../state/app.ts';
import { takeFiles } from '../state/intake.ts';
import { carriesFiles } from './use-drop.ts';

/** Takes files that are dropped anywhere, unless what lies there takes them itself (and so prevents the default). */
export function DropZone() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      setOver(!event.defaultPrevented);
      event.preventDefault();
    };
    const leave = (event: DragEvent) => {
      // Into the page's own parts it is no leaving.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!carriesFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) void attempt(() => takeFiles(files));
    };
    window.addEventListener('dragenter', drag);
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', drag);
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  if (!over) return null;
  return (
    <div class="drop-zone">
      <div>
        <p>
          <strong>Drop to open</strong>
        </p>
        <p class="muted">A profile, an archive of everything, a pipeline, or models of your own</p>
      </div>
    </div>
  );
}
