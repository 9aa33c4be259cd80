import * as Plot from '@observablehq/plot';
import type { Plan, PlanStage } from '../../solver/documents/plan.ts';
import { number } from '../components/format.ts';
import { rowName } from '../components/variants.ts';
import { LETTER, MARGIN, shortened, TO_THE_RIGHT } from './axis.ts';
import type { ChartPoint } from './chart-points.ts';
import { styleOf } from './series.ts';
import { type TimePanel, timeOptions } from './time-panel.ts';

/** The plans of a run, each with the time from which it served. */
export type ServedPlans = readonly { readonly atMs: number; readonly plan: Plan }[];

/** Describes a plan's stage as variant × batch × replicas: `res16 × 4 × 2`. */
export const stageText = ({ variant, batch, replicas }: PlanStage): string =>
  `${variant} × ${batch} × ${replicas}`;

interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stage: PlanStage;
}

/** Consecutive segments with the same variant, which share a label. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly variant: string;
  readonly batches: readonly number[];
}

const LINE = 14;

const pointOf = ({ fromMs, toMs, stage }: Segment): ChartPoint => ({
  x: (fromMs + toMs) / 2000,
  text: `${stageText(stage)} on ${stage.backend}\n${number(fromMs / 1000, 0)} to ${number(toMs / 1000, 0)} s`,
});

/** The number of tooltip points along a whole run. */
const PLACES = 300;

/** Copies a segment's point along the segment, so that the tooltip also appears away from the segment's middle. */
function pointsAlong(segment: Segment, endMs: number): ChartPoint[] {
  const { fromMs, toMs } = segment;
  const { text } = pointOf(segment);
  const n = Math.max(1, Math.ceil((PLACES * (toMs - fromMs)) / endMs));
  return Array.from({ length: n }, (_, i) => ({
    x: (fromMs + ((i + 0.5) / n) * (toMs - fromMs)) / 1000,
    text,
  }));
}

/** Charts one row of the plans over time: the height is its number of replicas, the colour and the label are its variant. */
export function planStrip(plans: ServedPlans, row: PlanStage): TimePanel {
  const { name } = row;
  const variants = variantsByAccuracy(plans, name);
  const colour = (variant: string): string => styleOf(variants.indexOf(variant)).colour;
  return {
    label: `${rowName(row)}: replicas, with variant × batch`,
    labels: variants,
    draw(frame) {
      const segments = segmentsOf(plans, name, frame.endMs);
      const inner = Math.max(52, LINE * variants.length);
      const most = Math.max(...segments.map(({ stage }) => stage.replicas));
      const perMs = (frame.width - MARGIN.marginLeft - frame.marginRight) / frame.endMs;
      return {
        ...timeOptions(frame, inner, 38),
        y: {
          domain: [0, most],
          label: `↑ ${this.label}`,
          ticks: [...new Set([1, Math.ceil(most / 2), most])],
          tickFormat: (replicas: number) => String(replicas),
        },
        marks: [
          Plot.gridX(),
          Plot.rect(segments, {
            x1: (segment: Segment) => segment.fromMs / 1000,
            x2: (segment: Segment) => segment.toMs / 1000,
            y1: 0,
            y2: (segment: Segment) => segment.stage.replicas,
            fill: (segment: Segment) => colour(segment.stage.variant),
            fillOpacity: 0.8,
            // Avoids visible seams between adjacent segments.
            shapeRendering: 'crispEdges',
          }),
          Plot.ruleY([0], { stroke: 'var(--line)' }),
          Plot.text(
            stretchesOf(segments).flatMap((stretch) => {
              const text = fitting(stretch, perMs * (stretch.toMs - stretch.fromMs));
              return text === undefined ? [] : [{ ...stretch, text }];
            }),
            {
              x: (stretch: Stretch) => stretch.fromMs / 1000,
              frameAnchor: 'top',
              textAnchor: 'start',
              lineAnchor: 'bottom',
              dy: -3,
              text: 'text',
              fill: (stretch: Stretch) => colour(stretch.variant),
              fontWeight: 600,
            },
          ),
          Plot.text(variants, {
            x: frame.endMs / 1000,
            y: (_, i) => ((i + 0.5) / variants.length) * most,
            text: (variant: string) => shortened(variant, frame.marginRight - TO_THE_RIGHT.dx),
            ...TO_THE_RIGHT,
            fill: colour,
            fontWeight: 600,
          }),
          Plot.tip(
            segments.flatMap((segment) => pointsAlong(segment, frame.endMs)),
            Plot.pointerX({ x: 'x', frameAnchor: 'bottom', title: 'text' }),
          ),
        ],
      };
    },
    points: (endMs) => segmentsOf(plans, name, endMs).map(pointOf),
  };
}

const stageOf = (plan: Plan, name: string): PlanStage | undefined =>
  plan.stages.find((stage) => stage.name === name);

/** Variants that served, in order of rising accuracy. */
function variantsByAccuracy(plans: ServedPlans, name: string): string[] {
  const stages = plans.flatMap(({ plan }) => stageOf(plan, name) ?? []);
  return [
    ...new Set(stages.sort((a, b) => (a.accuracy ?? 0) - (b.accuracy ?? 0)).map(({ variant }) => variant)),
  ];
}

const segmentsOf = (plans: ServedPlans, name: string, endMs: number): Segment[] =>
  plans.flatMap(({ atMs, plan }, i) => {
    const stage = stageOf(plan, name);
    return stage ? [{ fromMs: atMs, toMs: plans[i + 1]?.atMs ?? endMs, stage }] : [];
  });

function stretchesOf(segments: readonly Segment[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { fromMs, toMs, stage } of segments) {
    const { variant, batch } = stage;
    const before = stretches.at(-1);
    if (before?.variant === variant)
      stretches[stretches.length - 1] = { ...before, toMs, batches: [...before.batches, batch] };
    else stretches.push({ fromMs, toMs, variant, batches: [batch] });
  }
  return stretches;
}

/** Label that fits a stretch: variant and batches, or else the variant alone; undefined if neither fits. */
function fitting({ variant, batches }: Stretch, room: number): string | undefined {
  const [least, most] = [Math.min(...batches), Math.max(...batches)];
  const full = `${variant} × ${least === most ? least : `${least}–${most}`}`;
  return [full, variant].find((text) => LETTER * text.length <= room);
}
