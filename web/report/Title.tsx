import { saveFile } from '../state/save-file.ts';

interface TitleProps {
  readonly name: string;
  readonly json: string;
}

/** Of a report, with the document itself to save. */
export function Title({ name, json }: TitleProps) {
  return (
    <div class="title-row">
      <h1>
        <span class="muted">ipa-edge report</span> {name}
      </h1>
      <button type="button" onClick={() => saveFile(`${name}-report.json`, json)}>
        Save as JSON
      </button>
    </div>
  );
}
