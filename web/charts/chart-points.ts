/** A point of a chart in the units of its scales, with its tooltip text. */
export interface ChartPoint {
  readonly x: number;
  /** Absent if the point represents all values at x. */
  readonly y?: number | string;
  readonly text: string;
}

/** A chart drawn by Observable Plot. */
export interface DrawnChart extends Element {
  /** The datum whose tooltip is shown. */
  readonly value?: unknown;
  scale(name: 'x' | 'y'): { readonly bandwidth?: number; apply(value: unknown): number } | undefined;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * Index of the point that a key selects; undefined for a key without a function.
 * @param from index of the selected point, or −1: then an arrow key selects the first or the last point
 */
export function nextPoint(key: string, from: number, length: number): number | undefined {
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  const step = STEPS[key];
  if (step === undefined) return undefined;
  if (from < 0) return step > 0 ? 0 : length - 1;
  return Math.min(length - 1, Math.max(0, from + step));
}

/** Shows a point's tooltip by sending the chart a pointer event at the point; null hides the tooltip. */
export function showTip(svg: DrawnChart, point: ChartPoint | null): void {
  const box = svg.getBoundingClientRect();
  const pixel = (name: 'x' | 'y', value: number | string): number => {
    const scale = svg.scale(name);
    return scale ? scale.apply(value) + (scale.bandwidth ?? 0) / 2 : 0;
  };
  const at = point && {
    clientX: box.left + pixel('x', point.x),
    clientY: box.top + (point.y === undefined ? box.height / 2 : pixel('y', point.y)),
  };
  svg.dispatchEvent(
    new PointerEvent(at ? 'pointermove' : 'pointerleave', { pointerType: 'mouse', bubbles: true, ...at }),
  );
}
