import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Box, ImageShape } from '../../../models/items/crop.ts';
import { plural } from '../../components/format.ts';
import { type LabelPlace, labelPlaces, type Mark, markLabel, markText } from './scene.ts';

export interface SceneShown {
  readonly id: number;
  /** [channels, height, width] */
  readonly pixels: Uint8Array;
  readonly marks: readonly Mark[];
  readonly caption: string;
}

interface SceneProps {
  readonly shape: ImageShape;
  readonly scene: SceneShown;
}

/** One input with what was found on it, right and wrong marked. */
export function Scene({ shape, scene: { pixels, marks, caption } }: SceneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    canvas.current!.getContext('2d')!.putImageData(imageOf(pixels, shape), 0, 0);
  }, [pixels, shape]);
  const { width, height } = shape;
  const size = width / 19;
  const labels = marks.map((mark) => ({
    kind: mark.kind,
    box: mark.box ?? { x0: 0, y0: 0, x1: width, y1: height },
    text: markLabel(mark),
  }));
  const places = labelPlaces(labels, shape, size);
  const right = marks.filter(({ kind }) => kind === 'right').length;
  return (
    <>
      <div class="scene-picture" style={{ aspectRatio: `${width} / ${height}` }}>
        <canvas ref={canvas} width={width} height={height} />
        <svg
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={marks.map(markText).join('; ') || 'nothing found, nothing there'}
        >
          {labels.map((label, i) => (
            <MarkDrawn
              key={`${label.kind} ${JSON.stringify(label.box)}`}
              {...label}
              place={places[i]!}
              size={size}
            />
          ))}
        </svg>
      </div>
      <p class="scene-caption">
        <span>
          {right} of {plural(marks.filter(({ kind }) => kind !== 'spurious').length, 'object')}
        </span>
        <span class="muted">{caption}</span>
      </p>
    </>
  );
}

interface MarkDrawnProps {
  readonly kind: Mark['kind'];
  readonly box: Box;
  readonly text: string;
  readonly place: LabelPlace;
  readonly size: number;
}

function MarkDrawn({ kind, box, text, place: { x, y, anchor }, size }: MarkDrawnProps) {
  return (
    <g class={`mark-${kind}`}>
      <rect x={box.x0} y={box.y0} width={box.x1 - box.x0} height={box.y1 - box.y0} />
      <text x={x} y={y} font-size={size} text-anchor={anchor}>
        {text}
      </text>
    </g>
  );
}

/** Planes of grey or of red, green and blue as the pixels of a canvas. */
function imageOf(pixels: Uint8Array, { channels, height, width }: ImageShape): ImageData {
  const image = new ImageData(width, height);
  const plane = height * width;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[(channels === 3 ? c * plane : 0) + i]!;
    image.data[4 * i + 3] = 255;
  }
  return image;
}
