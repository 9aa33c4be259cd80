import type { ComponentChildren, HTMLAttributes, Ref } from 'preact';
import { useState } from 'preact/hooks';
import { type ChartPoint, walk } from './walk.ts';

interface WalkedProps extends Pick<HTMLAttributes<HTMLDivElement>, 'onPointerMove' | 'onPointerLeave'> {
  readonly title: string;
  readonly description: string;
  readonly class: string;
  readonly points: readonly ChartPoint[];
  /** Shows the tip of a point; null: takes it away. */
  readonly show: (point: ChartPoint | null) => void;
  /** Chooses what is shown. */
  readonly choose?: (() => void) | undefined;
  readonly host?: Ref<HTMLDivElement>;
  readonly children?: ComponentChildren;
}

/** The host of a chart whose points arrow keys lead along, each told aloud and shown. */
export function Walked(props: WalkedProps) {
  const { title, description, points, show, choose, host = null, children, ...own } = props;
  const [told, setTold] = useState<{ readonly at: number; readonly point: ChartPoint | null }>(NOTHING);
  const { point } = told;
  const same = (other: ChartPoint | undefined) =>
    point !== null && other?.x === point.x && other.y === point.y;
  // Others may have come before it since it was told.
  const at = same(points[told.at]) ? told.at : points.findIndex(same);
  const tell = (next: number) => {
    const found = points[next];
    show(found ?? null);
    setTold(found ? { at: next, point: { ...found } } : NOTHING);
  };
  return (
    <>
      <div
        {...own}
        ref={host}
        role="application"
        aria-label={`${title}. Arrow keys lead along the points${choose ? ', Enter chooses one' : ''}.`}
        aria-description={description}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its points are walked by keyboard
        tabIndex={0}
        onClick={choose}
        onKeyDown={(event) => {
          if (choose && event.key === 'Enter') return choose();
          const next = event.key === 'Escape' ? -1 : walk(event.key, at, points.length);
          if (next === undefined) return;
          event.preventDefault();
          tell(next);
        }}
        onBlur={() => tell(-1)}
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
