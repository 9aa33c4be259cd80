import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ImageShape } from '../../../models/tasks/image.ts';
import { plural } from '../../format.ts';
import { type Mark, markText } from './scene.ts';

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
          {marks.map((mark) => (
            <MarkDrawn key={`${mark.kind} ${JSON.stringify(mark.box)}`} mark={mark} shape={shape} />
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

const SIGNS: Readonly<Record<Mark['kind'], string>> = { right: '✓', wrong: '✗', spurious: '✗', missed: '?' };

function MarkDrawn({ mark, shape }: { readonly mark: Mark; readonly shape: ImageShape }) {
  const { kind, said, isTruly } = mark;
  const box = mark.box ?? { x0: 0, y0: 0, x1: shape.width, y1: shape.height };
  const size = shape.width / 19;
  const words = kind === 'wrong' ? `${said} (${isTruly})` : (said ?? isTruly ?? '');
  const left = box.x0 < shape.width / 2;
  // Near the top the words stand below the upper edge.
  const y = box.y0 > 1.2 * size ? box.y0 - 0.25 * size : box.y0 + size;
  return (
    <g class={`mark-${kind}`}>
      <rect x={box.x0} y={box.y0} width={box.x1 - box.x0} height={box.y1 - box.y0} />
      <text
        x={left ? Math.max(1, box.x0) : Math.min(shape.width - 1, box.x1)}
        y={y}
        font-size={size}
        text-anchor={left ? 'start' : 'end'}
      >
        {SIGNS[kind]} {words}
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
