import { useLayoutEffect } from 'preact/hooks';
import { saveFile } from '../../components/save-file.ts';

interface TitleProps {
  readonly name: string;
  readonly json: string;
  /** False if the requests of a plan were sent too late, so that its figures prove nothing. */
  readonly valid?: boolean;
}

/** Title of a report, also of its window, with a button to save the report as JSON. */
export function Title({ name, json, valid = true }: TitleProps) {
  useLayoutEffect(() => {
    document.title = `ipa-edge report: ${name}${valid ? '' : ' (not valid)'}`;
  }, [name, valid]);
  return (
    <div class="row apart">
      <h1>
        <span class="muted">ipa-edge report</span> {name}
        {!valid && <span class="bad">: not valid</span>}
      </h1>
      <button type="button" onClick={() => saveFile(`${name}-report.json`, json)}>
        Save as JSON
      </button>
    </div>
  );
}
