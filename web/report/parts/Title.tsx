import { saveFile } from '../../components/save-file.ts';

interface TitleProps {
  readonly name: string;
  readonly json: string;
}

/** Title of a report, with a button to save the report as JSON. */
export function Title({ name, json }: TitleProps) {
  return (
    <div class="row title-row">
      <h1>
        <span class="muted">ipa-edge report</span> {name}
      </h1>
      <button type="button" onClick={() => saveFile(`${name}-report.json`, json)}>
        Save as JSON
      </button>
    </div>
  );
}
