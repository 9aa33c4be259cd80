import { useEffect, useRef, useState } from 'preact/hooks';
import type { Pipeline } from '../../../models/manifests/pipeline.ts';
import { milliseconds } from '../../components/format.ts';
import type { LiveRun } from '../../state/try/live-run.ts';
import { Scene, type SceneShown } from './Scene.tsx';
import { marksOf } from './scene.ts';

interface ScenesProps {
  readonly live: LiveRun;
  readonly pipeline: Pipeline;
}

const SHOWN = 6;
/** A look at the latest answer so often: each is drawn beside work that is timed. */
const LOOK_MS = 250;

/** What the pipeline sees and answers: the latest of its inputs, in turn, in one place after the other. */
export function Scenes({ live, pipeline }: ScenesProps) {
  const [scenes, setScenes] = useState<readonly SceneShown[]>([]);
  const taken = useRef(0);
  useEffect(() => {
    const timer = setInterval(() => {
      const request = live.takeLatest();
      if (!request) return;
      const scene: SceneShown = {
        id: taken.current,
        pixels: request.input,
        marks: marksOf(pipeline.first, request),
        caption: milliseconds(request.answer.latencyMs),
      };
      const place = taken.current++ % SHOWN;
      setScenes((before) =>
        place < before.length ? before.map((old, i) => (i === place ? scene : old)) : [...before, scene],
      );
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [live, pipeline]);
  const { stage, task } = pipeline.first;
  const format = task.items(stage);
  if (format.kind !== 'pixels') return null;
  return (
    <figure class="panel scenes-panel">
      <figcaption>
        <span class="panel-title">What the pipeline sees and answers</span>
        <ul class="legend marks-legend">
          <li class="mark-right">✓ right</li>
          <li class="mark-wrong">✗ wrong class (the right one)</li>
          <li class="mark-spurious">✗ nothing there</li>
          <li class="mark-missed">? missed</li>
        </ul>
      </figcaption>
      <ul class="scenes">
        {scenes.map((scene, place) => (
          // A place stays; what is shown in it changes.
          <li key={place} class={scene.id === taken.current - 1 ? 'scene newest' : 'scene'}>
            <Scene shape={format} scene={scene} />
          </li>
        ))}
      </ul>
    </figure>
  );
}
