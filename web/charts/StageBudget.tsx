import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { milliseconds, number } from '../components/format.ts';
import { rowName } from '../components/variants.ts';
import { OVER_GRID, TO_THE_RIGHT } from './axis.ts';
import { Chart } from './Chart.tsx';
import type { ChartPoint } from './chart-points.ts';
import { useSame } from './same.ts';
import { RULE, styleOf } from './series.ts';

interface StageBudgetProps {
  readonly title: string;
  readonly plans: readonly { readonly name: string; readonly plan: BoundPlan }[];
}

type BoundPlan = Pick<Plan, 'slaMs' | 'stages'>;

interface LabelledPart {
  readonly stage: string;
  readonly label: string;
  readonly from: number;
}

interface Part extends LabelledPart {
  readonly name: string;
  readonly to: number;
  readonly colour: string;
  readonly opacity: number;
}

/** Chart of how a plan's stages use the SLA: the time for a stage's batches and, in a paler colour, its longest wait. */
export function StageBudget({ title, plans: all }: StageBudgetProps) {
  const plans = useSame(all.map(({ name, plan: { slaMs, stages } }) => ({ name, plan: { slaMs, stages } })));
  const draw = useCallback((width: number) => budgetPlot(plans, width), [plans]);
  const points = useMemo(() => plans.map(pointOf), [plans]);
  const waits = plans.some(({ plan }) => plan.stages.some((stage) => waitOf(stage) > 0));
  return (
    <Chart
      title={title}
      note={`if all stages are slow at once; queues come on top${waits ? ' · pale: waiting for a batch to fill' : ''}`}
      description="The part of the latency bound that each stage has, against the SLA. The plan's table holds the figures."
      draw={draw}
      points={points}
    />
  );
}

const waitOf = ({ maxWaitMs, boundMs }: PlanStage): number => Math.min(maxWaitMs, boundMs);

/** A plan's point for the arrow keys, in the middle of the plan's bar. */
function pointOf({ name, plan: { stages, slaMs } }: StageBudgetProps['plans'][number]): ChartPoint {
  const boundMs = stages.reduce((sum, stage) => sum + stage.boundMs, 0);
  return {
    x: boundMs / 2,
    y: name,
    text: [
      `${name}: bound ${milliseconds(boundMs)} of SLA ${milliseconds(slaMs)}`,
      ...stages.map(
        (stage) =>
          `${rowName(stage)} ${milliseconds(stage.boundMs)}, of it wait ${milliseconds(waitOf(stage))}`,
      ),
    ].join('\n'),
  };
}

function partsOf(name: string, plan: BoundPlan): Part[] {
  let from = 0;
  return plan.stages.flatMap((stage, i) => {
    const { colour } = styleOf(i);
    const wait = waitOf(stage);
    const middle = from + stage.boundMs - wait;
    const own = { name, stage: rowName(stage), colour };
    const parts = [
      { ...own, label: `${own.stage} ${milliseconds(stage.boundMs)}`, from, to: middle, opacity: 0.9 },
      { ...own, label: '', from: middle, to: middle + wait, opacity: 0.35 },
    ];
    from = middle + wait;
    return parts;
  });
}

const MARGIN_RIGHT = 16;
const LABEL_HEIGHT = 14;
/** Upper bound of the width of bold text, in pixels. */
const textWidth = (text: string): number => 8 * text.length;

/**
 * Places the labels of parts that are too short for them above the bar: names with times or, if there is no room for all times,
 * only names. A label starts at its part or, to avoid overlap, after the previous label or the line of the SLA. Names without room
 * are left out.
 */
export function labelsAbove<P extends LabelledPart>(
  parts: readonly P[],
  scale: number,
  width: number,
  slaMs: number,
): P[] {
  const line = slaMs * scale;
  const labelled = parts.filter(({ label }) => label !== '');
  const placed = [labelled, labelled.map((part) => ({ ...part, label: part.stage }))].map((all) => {
    let end = 0;
    return all
      .map((part) => {
        const free = Math.max(part.from * scale, end);
        const crossed = free <= line && line <= free + textWidth(part.label);
        const at = crossed ? line + 8 : free;
        end = at + textWidth(part.label) + 8;
        return { ...part, from: at / scale };
      })
      .filter((part) => part.from * scale + textWidth(part.label) <= width);
  });
  return placed.find(({ length }) => length === labelled.length) ?? placed[1]!;
}

const SLA_LINE = { stroke: RULE.colour, strokeWidth: 1.5, strokeDasharray: RULE.dash } as const;

function budgetPlot(plans: StageBudgetProps['plans'], width: number): Plot.PlotOptions {
  const parts = plans.flatMap(({ name, plan }) => partsOf(name, plan));
  const slas = [...new Set(plans.map(({ plan }) => plan.slaMs))].sort((a, b) => a - b);
  const end = 1.04 * Math.max(...slas, ...parts.map((part) => part.to));
  const marginLeft = 8 + 7 * Math.max(...plans.map(({ name }) => name.length));
  const inner = width - marginLeft - MARGIN_RIGHT;
  const fits = (part: Part): boolean => ((part.to - part.from) / end) * inner > textWidth(part.label);
  const above = plans.flatMap(({ name, plan }) =>
    labelsAbove(
      parts.filter((part) => part.name === name && !fits(part)),
      inner / end,
      inner,
      plan.slaMs,
    ),
  );
  const room = above.length > 0 ? LABEL_HEIGHT : 0;
  return {
    height: 62 + (32 + room) * plans.length,
    marginTop: 22,
    marginBottom: 36,
    marginLeft,
    marginRight: MARGIN_RIGHT,
    x: { domain: [0, end], label: 'time at most (ms) →', labelAnchor: 'right', ticks: 6 },
    y: { domain: plans.map(({ name }) => name), label: null, tickSize: 0, padding: 0.25 },
    marks: [
      Plot.barX(parts, {
        x1: 'from',
        x2: 'to',
        y: 'name',
        fill: 'colour',
        fillOpacity: 'opacity',
        inset: 0.5,
        insetTop: room,
      }),
      Plot.text(parts.filter(fits), {
        x: (part: Part) => part.from,
        y: 'name',
        text: 'label',
        ...TO_THE_RIGHT,
        dy: room / 2,
        fill: 'var(--on-series)',
        fontWeight: 600,
      }),
      Plot.text(above, {
        x: 'from',
        y: 'name',
        text: 'label',
        textAnchor: 'start',
        lineAnchor: 'bottom',
        dy: -7,
        fill: 'colour',
        ...OVER_GRID,
      }),
      slas.length === 1
        ? Plot.ruleX(slas, SLA_LINE)
        : Plot.tickX(plans, { x: ({ plan }) => plan.slaMs, y: 'name', ...SLA_LINE }),
      // The labels of two near lines would overlap, so that all lines share the label of the last.
      Plot.text(slas.slice(-1), {
        x: (slaMs: number) => slaMs,
        text: () => `SLA ${slas.map((slaMs) => number(slaMs)).join(' and ')} ms`,
        frameAnchor: 'top',
        textAnchor: 'end',
        lineAnchor: 'bottom',
        dy: -6,
        fill: 'var(--text)',
        fontWeight: 600,
      }),
      Plot.tip(plans.map(pointOf), Plot.pointerY({ x: 'x', y: 'y', title: 'text' })),
    ],
  };
}
