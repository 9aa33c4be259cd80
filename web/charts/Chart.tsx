import { type PlotOptions, plot } from '@observablehq/plot';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useWidth } from '../components/width.ts';
import { type ChartPoint, type DrawnChart, showTip } from './chart-points.ts';
import { KeyboardChart } from './KeyboardChart.tsx';

interface DrawingProps {
  readonly title: string;
  /** Description for screen readers. A table near the chart has the numbers. */
  readonly description: string;
  readonly draw: (width: number) => PlotOptions;
  /** Points that the arrow keys select, each with its tooltip. */
  readonly points: readonly ChartPoint[];
  /** Called with the datum whose tooltip is shown, when the user clicks or presses Enter. */
  readonly choose?: (datum: unknown) => void;
}

interface FigureProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A titled panel for a chart. */
export function Figure({ title, note, children }: FigureProps) {
  return (
    <figure class="card panel">
      <figcaption class="row apart">
        <strong>{title}</strong>
        {note && <span class="muted small">{note}</span>}
      </figcaption>
      {children}
    </figure>
  );
}

/** A titled panel with a chart as wide as the panel. */
export function Chart({ note, ...drawing }: DrawingProps & Pick<FigureProps, 'note'>) {
  return (
    <Figure title={drawing.title} note={note}>
      <Drawing {...drawing} />
    </Figure>
  );
}

/** A chart as wide as its parent. */
export function Drawing({ title, description, draw, points, choose }: DrawingProps) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnChart | null>(null);
  const shown = useRef<ChartPoint | null>(null);
  const width = useWidth(host);

  useLayoutEffect(() => {
    if (width === 0) return;
    const svg = plot({ ...draw(width), width, className: 'chart' });
    // Hides the chart from screen readers, because its texts are numbers without order. The parent element has a description.
    svg.setAttribute('aria-hidden', 'true');
    // Removes Plot's style element, because the content security policy forbids it; charts.css has its rules.
    svg.querySelector('style')?.remove();
    drawn.current = svg as DrawnChart;
    host.current!.replaceChildren(svg);
    if (shown.current) showTip(drawn.current, shown.current);
  }, [width, draw]);

  return (
    <KeyboardChart
      class={choose ? 'chart-host choosable' : 'chart-host'}
      title={title}
      description={description}
      points={points}
      host={host}
      show={(point) => {
        shown.current = point;
        if (drawn.current) showTip(drawn.current, point);
      }}
      choose={
        choose &&
        (() => {
          const datum = drawn.current?.value;
          if (datum) choose(datum);
        })
      }
    />
  );
}
