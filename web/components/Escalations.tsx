import type { RunReport } from '../../solver/documents/run-report.ts';
import { escalationSentences } from '../../solver/report/cascade-text.ts';

/** What cascades and standbys did in a run, beside what was predicted. */
export function Escalations({ run, title }: { readonly run: RunReport; readonly title?: string }) {
  return (
    <>
      {escalationSentences(run).map((sentence) => (
        <p key={sentence}>
          {title && <strong>{title}: </strong>}
          {sentence}
        </p>
      ))}
    </>
  );
}
