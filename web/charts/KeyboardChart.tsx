import type { ComponentChildren, HTMLAttributes, Ref } from 'preact';
import { useState } from 'preact/hooks';
import { type ChartPoint, nextPoint } from './chart-points.ts';

interface KeyboardChartProps
  extends Pick<HTMLAttributes<HTMLDivElement>, 'onPointerMove' | 'onPointerLeave'> {
  readonly title: string;
  readonly description: string;
  readonly class: string;
  readonly points: readonly ChartPoint[];
  /** Shows a point's tooltip; null hides it. */
  readonly show: (point: ChartPoint | null) => void;
  /** Selects the point whose tooltip is shown. */
  readonly choose?: (() => void) | undefined;
  readonly host?: Ref<HTMLDivElement>;
  readonly children?: ComponentChildren;
}

/** Makes a chart usable with arrow keys, which go from point to point: each point's tooltip is shown and read aloud. */
export function KeyboardChart(props: KeyboardChartProps) {
  const { title, description, points, show, choose, host = null, children, ...own } = props;
  const [current, setCurrent] = useState<{ readonly at: number; readonly point: ChartPoint | null }>(NOTHING);
  const { point } = current;
  const same = (other: ChartPoint | undefined) =>
    point !== null && other?.x === point.x && other.y === point.y;
  // Looks the current point up again, because new points may stand before it.
  const at = same(points[current.at]) ? current.at : points.findIndex(same);
  const goTo = (next: number) => {
    const found = points[next];
    show(found ?? null);
    setCurrent(found ? { at: next, point: { ...found } } : NOTHING);
  };
  return (
    <>
      <div
        {...own}
        ref={host}
        role="application"
        aria-label={`${title}. Arrow keys go from point to point${choose ? ', Enter chooses one' : ''}.`}
        aria-description={description}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go through the chart's points
        tabIndex={0}
        onClick={choose}
        onKeyDown={(event) => {
          if (choose && event.key === 'Enter') return choose();
          const next = event.key === 'Escape' ? -1 : nextPoint(event.key, at, points.length);
          if (next === undefined) return;
          event.preventDefault();
          goTo(next);
        }}
        onBlur={() => goTo(-1)}
      >
        {children}
      </div>
      <p class="unseen" aria-live="polite">
        {point?.text}
      </p>
    </>
  );
}

const NOTHING = { at: -1, point: null };
