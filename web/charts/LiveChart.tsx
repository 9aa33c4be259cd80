import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Rule } from './axis.ts';
import { type LiveDots, type LiveLine, type LivePoint, secondsOf } from './live-points.ts';
import './live-chart.css';
import { KeyboardChart } from './KeyboardChart.tsx';
import { Legend, NEW_PLAN } from './Legend.tsx';
import { RULE } from './series.ts';

interface LiveChartProps {
  readonly title: string;
  /** Formats a value with its unit. */
  readonly show: (value: number) => string;
  /** The current value, formatted. */
  readonly now: ComponentChildren;
  readonly fromS: number;
  readonly toS: number;
  /** The vertical axis goes from 0 to this value. */
  readonly max: number;
  readonly lines?: readonly LiveLine[];
  readonly dots?: readonly LiveDots[];
  readonly rule?: Rule;
  /** Times at which one plan replaced another, in seconds. */
  readonly switchesS: readonly number[];
}

/** Width and height of the drawing in its own units. The style sheet stretches the drawing to the available space. */
const [WIDTH, HEIGHT] = [600, 100];
const SIGNS = { circle: '●', square: '■' } as const;

/**
 * A chart that is redrawn up to twice a second by the thread that also runs the plan. It therefore consists of a few SVG paths,
 * which are faster than Observable Plot.
 */
export function LiveChart(props: LiveChartProps) {
  const { title, show, now, fromS, toS, max, lines = [], dots = [], rule } = props;
  const switchesS = props.switchesS.filter((s) => s > fromS);
  const x = (s: number) => ((Math.max(s, fromS) - fromS) / (toS - fromS)) * WIDTH;
  const y = (value: number) => HEIGHT - (Math.min(value, max) / max) * HEIGHT;
  const [pointed, setPointed] = useState<number | null>(null);
  const seconds = secondsOf({ fromS, toS, lines, dots, show });
  const tip = seconds.find((second) => second.x === pointed);
  const right = tip && x(tip.x) > WIDTH / 2;
  return (
    <figure class="card panel live-chart">
      <figcaption class="row apart">
        <strong>{title}</strong> <span class="muted small live-now">{now}</span>
      </figcaption>
      <div class="muted fine">
        <Legend
          entries={[
            ...lines.map(({ label, style }) => ({ label, ...style })),
            ...dots.map(({ label, colour, shape }) => ({ label, colour, sign: SIGNS[shape] })),
            ...(rule ? [{ label: rule.label, ...RULE }] : []),
            ...(switchesS.length > 0 ? [NEW_PLAN] : []),
          ]}
        />
      </div>
      <KeyboardChart
        class="live-plot"
        title={title}
        description="What happened in each second."
        points={seconds}
        show={(point) => setPointed(point?.x ?? null)}
        onPointerMove={({ currentTarget, clientX }) => {
          const box = currentTarget.getBoundingClientRect();
          setPointed(Math.floor(fromS + ((clientX - box.left) / box.width) * (toS - fromS)));
        }}
        onPointerLeave={() => setPointed(null)}
      >
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {switchesS.map((s) => (
            <path key={s} stroke={NEW_PLAN.colour} stroke-dasharray="2 3" d={`M${x(s)} 0V${HEIGHT}`} />
          ))}
          {rule && (
            <path
              stroke={RULE.colour}
              stroke-width={1.25}
              stroke-dasharray={RULE.dash}
              d={`M0 ${y(rule.value)}H${WIDTH}`}
            />
          )}
          {lines.map(({ label, style, points }) => (
            <path
              key={label}
              stroke-width={1.75}
              d={steps(points, x, y, toS)}
              style={{ stroke: style.colour, strokeDasharray: style.dash }}
            />
          ))}
          {dots.map(({ label, colour, points, size, shape }) => (
            <path
              key={label}
              class={`live-dots ${shape}`}
              d={points.map(([s, value]) => `M${at(x(s))} ${at(value === null ? 4 : y(value))}h0`).join('')}
              style={{ stroke: colour, strokeWidth: size }}
            />
          ))}
          {tip && <path stroke="var(--muted)" d={`M${at(x(tip.x + 0.5))} 0V${HEIGHT}`} />}
        </svg>
        {tip && (
          <span
            class="live-tip"
            style={{
              [right ? 'right' : 'left']: `${(100 * (right ? WIDTH - x(tip.x) : x(tip.x + 1))) / WIDTH}%`,
            }}
          >
            {tip.text}
          </span>
        )}
      </KeyboardChart>
      <div class="row apart muted fine" aria-hidden="true">
        <span>{Math.round(fromS)} s</span>
        <span>{Math.round(toS)} s</span>
      </div>
    </figure>
  );
}

const at = (value: number): string => value.toFixed(1);

function steps(
  points: readonly LivePoint[],
  x: (s: number) => number,
  y: (value: number) => number,
  toS: number,
): string {
  let path = '';
  let drawing = false;
  points.forEach(([s, value], i) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const until = points[i + 1]?.[0] ?? Math.min(s + 1, toS);
    path += `${drawing ? 'L' : 'M'}${at(x(s))} ${at(y(value))}H${at(x(until))}`;
    drawing = true;
  });
  return path;
}
