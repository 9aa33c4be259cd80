import type { PipelineStage } from '../../../../models/manifests/pipeline.ts';
import type { StageResult } from '../../../../models/tasks/task.ts';
import { number } from '../../../components/format.ts';

interface ResultTensorsProps {
  readonly stage: PipelineStage;
  readonly results: readonly StageResult[];
}

/** At most this many values of a tensor are shown. */
const VALUES_SHOWN = 40;

/** A stage's results as the tensors that an inference server returns. */
export function ResultTensors({ stage: { task, stage }, results }: ResultTensorsProps) {
  return (
    <details class="fold">
      <summary>As tensors</summary>
      <dl class="stage-answers">
        {task.tensors(stage).map((tensor) => {
          const values = results.flatMap((result): readonly (number | string)[] => tensor.rowsOf(result));
          const left = values.length - VALUES_SHOWN;
          return (
            <div key={tensor.name}>
              <dt class="muted small">{tensor.name}</dt>
              <dd dir="auto">
                {values.length === 0 && <span class="muted">empty</span>}
                {values
                  .slice(0, VALUES_SHOWN)
                  .map((value) => (typeof value === 'number' ? number(value) : value))
                  .join(', ')}
                {left > 0 && <span class="muted"> and {number(left)} more</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
}
