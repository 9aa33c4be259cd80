import type { ComponentChildren } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { FrontierPoint } from '../../../solver/documents/report.ts';
import { chosenAmong } from '../../../solver/weights.ts';
import { describePoint } from '../../charts/frontier.ts';
import { askForPoint, question } from '../../state/planning.ts';

interface PointChooserProps {
  readonly points: readonly FrontierPoint[];
  readonly stages: readonly string[];
  /** The chart of the points. */
  readonly children: ComponentChildren;
}

/**
 * Makes a chart of the frontier a slider along the points that some β chooses within the SLA. A press on any point that can be
 * chosen takes that one.
 */
export function PointChooser({ points, stages, children }: PointChooserProps) {
  const host = useRef<HTMLDivElement>(null);
  const choices = useMemo(() => chosenAmong(points), [points]);
  const { alpha, beta } = question.value;
  const at = choices.findIndex(({ weights }) => beta / alpha > weights.betaMin);
  const now = at < 0 ? choices.length - 1 : at;
  const go = (to: number) => askForPoint(choices[Math.min(choices.length - 1, Math.max(0, to))]!.point);
  if (choices.length === 0) return children;
  return (
    <div
      ref={host}
      class="point-chooser"
      role="slider"
      tabIndex={0}
      aria-label="Point of the frontier: arrow keys go to the next cheaper or costlier one"
      aria-valuemin={1}
      aria-valuemax={choices.length}
      aria-valuenow={now + 1}
      aria-valuetext={describePoint(choices[now]!.point, stages)}
      onKeyDown={(event) => {
        const to = KEYS[event.key]?.(now);
        if (to === undefined) return;
        event.preventDefault();
        go(to);
      }}
      onClick={() => {
        // Plot keeps there what is pointed at.
        const chart = host.current!.querySelector<SVGSVGElement & { value?: FrontierPoint | null }>('svg');
        if (chart?.value) askForPoint(chart.value);
      }}
    >
      {children}
    </div>
  );
}

const KEYS: Readonly<Record<string, (now: number) => number>> = {
  ArrowLeft: (now) => now - 1,
  ArrowDown: (now) => now - 1,
  ArrowRight: (now) => now + 1,
  ArrowUp: (now) => now + 1,
  Home: () => 0,
  End: () => Number.MAX_SAFE_INTEGER,
};
