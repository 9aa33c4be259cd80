import { saveText } from '../save-text.ts';

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
      <button type="button" onClick={() => saveText(`${name}-report.json`, json)}>
        Save as JSON
      </button>
    </div>
  );
}
