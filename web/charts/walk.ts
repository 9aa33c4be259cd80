/** A point of a chart, in the units of its scales, and what is told of it. */
export interface ChartPoint {
  readonly x: number;
  /** Absent: only x counts. */
  readonly y?: number | string;
  readonly text: string;
}

/** A drawn chart, as Plot makes it. */
export interface DrawnChart extends Element {
  /** The datum whose tip is shown. */
  readonly value?: unknown;
  scale(name: 'x' | 'y'): { readonly bandwidth?: number; apply(value: unknown): number } | undefined;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The place that a key leads to from another; undefined: the key is not of a chart. From nowhere (−1) both ends are a step away. */
export function walk(key: string, from: number, length: number): number | undefined {
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  const step = STEPS[key];
  if (step === undefined) return undefined;
  if (from < 0) return step > 0 ? 0 : length - 1;
  return Math.min(length - 1, Math.max(0, from + step));
}

/** Shows the tip of a point as the pointer would; null: takes it away. */
export function pointAt(svg: DrawnChart, point: ChartPoint | null): void {
  const box = svg.getBoundingClientRect();
  const place = (name: 'x' | 'y', value: number | string): number => {
    const scale = svg.scale(name);
    return scale ? scale.apply(value) + (scale.bandwidth ?? 0) / 2 : 0;
  };
  const at = point && {
    clientX: box.left + place('x', point.x),
    clientY: box.top + (point.y === undefined ? box.height / 2 : place('y', point.y)),
  };
  svg.dispatchEvent(
    new PointerEvent(at ? 'pointermove' : 'pointerleave', { pointerType: 'mouse', bubbles: true, ...at }),
  );
}
