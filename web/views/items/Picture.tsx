import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Box, PictureShape } from '../../../models/items/crop.ts';
import { useWidth } from '../../components/width.ts';
import {
  type AnswerVerdict,
  type Prediction,
  predictionLabel,
  predictionText,
} from '../request/predictions.ts';
import { type LabelPosition, labelPositions } from './label-positions.ts';

interface PictureProps {
  readonly shape: PictureShape;
  /** Values in the order [channels, height, width]. */
  readonly pixels: Uint8Array;
  /** Null to draw no boxes. */
  readonly predictions: readonly Prediction[] | null;
}

/** The smallest font size of a label on the screen. */
const SMALLEST_PX = 12;

/** A picture with a labelled box for each detected or missed object. */
export function Picture({ shape, pixels, predictions }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    canvas.current!.getContext('2d')!.putImageData(imageOf(pixels, shape), 0, 0);
  }, [pixels, shape]);
  const { width, height } = shape;
  const host = useRef<HTMLDivElement>(null);
  const shownPx = useWidth(host) || width;
  const size = Math.max(width / 19, (SMALLEST_PX * width) / shownPx);
  const labels = (predictions ?? []).map((prediction) => ({
    verdict: prediction.verdict,
    box: prediction.box ?? { x0: 0, y0: 0, x1: width, y1: height },
    text: predictionLabel(prediction),
  }));
  const positions = labelPositions(labels, shape, size);
  return (
    <div class="request-picture" ref={host} style={{ aspectRatio: `${width} / ${height}` }}>
      <canvas ref={canvas} width={width} height={height} />
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={predictions ? describe(predictions) : 'picture'}
      >
        {labels.map((label, i) => (
          <LabelledBox key={i} {...label} position={positions[i]!} size={size} />
        ))}
      </svg>
    </div>
  );
}

const describe = (predictions: readonly Prediction[]): string =>
  predictions.map(predictionText).join('; ') || 'nothing found, nothing there';

interface LabelledBoxProps {
  readonly verdict: AnswerVerdict;
  readonly box: Box;
  readonly text: string;
  readonly position: LabelPosition;
  readonly size: number;
}

function LabelledBox({ verdict, box, text, position: { x, y, anchor }, size }: LabelledBoxProps) {
  return (
    <g class={`verdict-${verdict}`}>
      <rect x={box.x0} y={box.y0} width={box.x1 - box.x0} height={box.y1 - box.y0} />
      <text x={x} y={y} font-size={size} text-anchor={anchor}>
        {text}
      </text>
    </g>
  );
}

/** Converts grey or red, green and blue planes to the pixels of a canvas. */
function imageOf(pixels: Uint8Array, { channels, height, width }: PictureShape): ImageData {
  const image = new ImageData(width, height);
  const plane = height * width;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[(channels === 3 ? c * plane : 0) + i]!;
    image.data[4 * i + 3] = 255;
  }
  return image;
}
