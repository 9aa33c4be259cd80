import type { ComponentChildren } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import { LETTER } from './axis.ts';
import { Drawing, Figure } from './Chart.tsx';
import type { TimePanel } from './time-panel.ts';

interface TimePanelsProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly endMs: number;
  readonly panels: readonly TimePanel[];
}

/** Charts above one another with a common time axis. */
export function TimePanels({ title, note, endMs, panels }: TimePanelsProps) {
  const longest = Math.max(...panels.flatMap(({ labels }) => labels.map((label) => label.length)));
  return (
    <Figure title={title} note={note}>
      {panels.map((panel, i) => (
        <Panel
          key={panel.label}
          title={`${title}: ${panel.label}`}
          panel={panel}
          endMs={endMs}
          marginRight={14 + LETTER * longest}
          last={i === panels.length - 1}
        />
      ))}
    </Figure>
  );
}

interface PanelProps {
  readonly title: string;
  readonly panel: TimePanel;
  readonly endMs: number;
  readonly marginRight: number;
  readonly last: boolean;
}

function Panel({ title, panel, endMs, marginRight, last }: PanelProps) {
  const draw = useCallback(
    (width: number) => panel.draw({ endMs, marginRight: Math.min(marginRight, width / 3), last, width }),
    [panel, endMs, marginRight, last],
  );
  const points = useMemo(() => panel.points(endMs), [panel, endMs]);
  return (
    <Drawing
      title={title}
      description={`${panel.label} over time: ${panel.labels.join(', ')}. The tables hold the figures.`}
      draw={draw}
      points={points}
    />
  );
}
