import { type PlotOptions, plot } from '@observablehq/plot';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Walked } from './Walked.tsx';
import { type ChartPoint, type DrawnChart, pointAt } from './walk.ts';

interface DrawingProps {
  readonly title: string;
  /** What a screen reader says of the chart. The table behind it holds the figures. */
  readonly description: string;
  readonly draw: (width: number) => PlotOptions;
  /** Points that the arrow keys go through, each with its tip. */
  readonly points?: readonly ChartPoint[];
  /** Called with the datum whose tip is shown, on a press or on Enter. */
  readonly choose?: (datum: unknown) => void;
}

interface FigureProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A panel with a caption. */
export function Figure({ title, note, children }: FigureProps) {
  return (
    <figure class="panel">
      <figcaption>
        <span class="panel-title">{title}</span>
        {note && <span class="panel-note">{note}</span>}
      </figcaption>
      {children}
    </figure>
  );
}

/** A figure with a chart that fills its width. */
export function Chart({ note, ...drawing }: DrawingProps & Pick<FigureProps, 'note'>) {
  return (
    <Figure title={drawing.title} note={note}>
      <Drawing {...drawing} />
    </Figure>
  );
}

/** A chart that fills its width. */
export function Drawing({ title, description, draw, points, choose }: DrawingProps) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnChart | null>(null);
  const shown = useRef<ChartPoint | null>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(host.current!);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (width === 0) return;
    const svg = plot({ ...draw(width), width, className: 'chart' });
    // Read aloud, the texts inside a chart are numbers without order. The host describes the chart as a whole.
    svg.setAttribute('aria-hidden', 'true');
    // Plot's own rules are in style.css: a strict content security policy forbids style elements.
    svg.querySelector('style')?.remove();
    drawn.current = svg as DrawnChart;
    host.current!.replaceChildren(svg);
    if (shown.current) pointAt(drawn.current, shown.current);
  }, [width, draw]);

  if (!points)
    return <div class="chart-host" ref={host} role="img" aria-label={title} aria-description={description} />;

  return (
    <Walked
      class={choose ? 'chart-host choosable' : 'chart-host'}
      title={title}
      description={description}
      points={points}
      host={host}
      show={(point) => {
        shown.current = point;
        if (drawn.current) pointAt(drawn.current, point);
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
