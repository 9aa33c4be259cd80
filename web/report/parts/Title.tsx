import { saveFile } from '../../components/save-file.ts';

interface TitleProps {
  readonly name: string;
  readonly json: string;
}

/** The title of a report, with a button that saves the report's document. */
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
