/** A rectangle in a picture: its corners, in pixels from the top left. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Shape of a picture that is stored as uint8 planes: [channels, height, width]. */
export interface PictureShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export const pictureBytes = (shape: PictureShape): number => shape.channels * shape.height * shape.width;

/**
 * Cuts `box` out of `picture` and resizes the cut-out to `outShape`. The shipped classifiers were trained on crops that Pillow
 * made, so the result equals Pillow's `image.crop(box).resize(size, BILINEAR)` in every bit, but for corners on half pixels: they
 * are rounded up here, and to even numbers by Pillow. Pixels beyond the border are zero. One channel is repeated if three are
 * wanted; three channels become their luma if one is wanted.
 * @param picture uint8 [channels, height, width]
 * @param out uint8 [channels, height, width] of `outShape`; every value is overwritten
 */
export function cropResize(
  picture: Uint8Array,
  shape: PictureShape,
  box: Box,
  out: Uint8Array,
  outShape: PictureShape,
): void {
  const crop = wholePixels(box);
  const plane = shape.height * shape.width;
  const outPlane = outShape.height * outShape.width;
  const folds = shape.channels > outShape.channels;
  const target = folds ? new Uint8Array(shape.channels * outPlane) : out;
  for (let c = 0; c < shape.channels; c++)
    resizePlane(
      picture.subarray(c * plane, (c + 1) * plane),
      shape,
      crop,
      target.subarray(c * outPlane, (c + 1) * outPlane),
      outShape,
    );
  if (folds) toGray(target, out);
  for (let c = shape.channels; c < outShape.channels; c++) out.copyWithin(c * outPlane, 0, outPlane);
}

/** Cuts a box out of a picture and resizes it as {@link cropResize} does, into a new picture. */
export function cropped(
  picture: Uint8Array,
  shape: PictureShape,
  box: Box,
  outShape: PictureShape,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(pictureBytes(outShape));
  cropResize(picture, shape, box, out, outShape);
  return out;
}

/**
 * Weights of a resize along one axis. Output pixel i is the sum over t < taps[i] of
 * input[first[i] + t] · weights[i · stride + t] / 2^PRECISION.
 */
interface Kernel {
  readonly first: Int32Array;
  readonly taps: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Fractional bits of a weight, as in Pillow's resize: a 32-bit sum keeps 8 bits for the pixel and 2 as headroom. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** Makes the weights of a triangle filter. Shrinking widens the filter by the scale, so that no input pixel is skipped. */
function makeKernel(from: number, to: number): Kernel {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const taps = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const raw = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let x = start; x < end; x++) {
      const weight = Math.max(0, 1 - Math.abs((x - centre + 0.5) / support));
      raw[x - start] = weight;
      sum += weight;
    }
    first[i] = start;
    taps[i] = end - start;
    for (let t = 0; t < end - start; t++)
      weights[i * stride + t] = Math.round((raw[t]! / sum) * (1 << PRECISION));
  }
  return { first, taps, weights, stride };
}

/**
 * Number of kernels that the cache keeps. Crops come in a few dozen sizes; the limit keeps unusual inputs from filling the
 * memory.
 */
const KERNELS_MAX = 512;
const kernels = new Map<number, Kernel>();

function kernelFor(from: number, to: number): Kernel {
  const key = from * 65536 + to;
  let kernel = kernels.get(key);
  if (!kernel) {
    if (kernels.size >= KERNELS_MAX) kernels.clear();
    kernel = makeKernel(from, to);
    kernels.set(key, kernel);
  }
  return kernel;
}

/** The box with its corners rounded to whole pixels; at least one pixel wide and high. */
function wholePixels(box: Box) {
  const x = Math.round(box.x0);
  const y = Math.round(box.y0);
  return { x, y, width: Math.max(1, Math.round(box.x1) - x), height: Math.max(1, Math.round(box.y1) - y) };
}

type Crop = ReturnType<typeof wholePixels>;

/**
 * The result of the first pass of a resize, which the second pass reads. All resizes share this memory, because one ends before
 * the next begins.
 */
let resizedRows = new Uint8Array(0);

/** Crops and resizes one plane; pixels beyond the plane's border are zero. */
function resizePlane(
  plane: Uint8Array,
  shape: PictureShape,
  crop: Crop,
  out: Uint8Array,
  outShape: PictureShape,
): void {
  const size = crop.height * outShape.width;
  if (resizedRows.length < size) resizedRows = new Uint8Array(size);
  resizedRows.fill(0, 0, size);
  resizeAcross(plane, shape, crop, resizedRows, outShape.width);
  resizeDown(resizedRows, crop.height, out, outShape);
}

// The inner loops below take most of a crop's time, so each value that they read is in a local constant.

function resizeAcross(
  plane: Uint8Array,
  shape: PictureShape,
  crop: Crop,
  rows: Uint8Array,
  width: number,
): void {
  const { first, taps, weights, stride } = kernelFor(crop.width, width);
  const top = Math.max(0, -crop.y);
  const bottom = Math.min(crop.height, shape.height - crop.y);
  for (let i = 0; i < width; i++) {
    const x = crop.x + first[i]!;
    const from = Math.max(0, -x);
    const to = Math.min(taps[i]!, shape.width - x);
    const w = i * stride;
    for (let y = top; y < bottom; y++) {
      const at = (crop.y + y) * shape.width + x;
      let sum = HALF;
      for (let t = from; t < to; t++) sum += plane[at + t]! * weights[w + t]!;
      rows[y * width + i] = sum >> PRECISION;
    }
  }
}

function resizeDown(rows: Uint8Array, height: number, out: Uint8Array, outShape: PictureShape): void {
  const { width } = outShape;
  const { first, taps, weights, stride } = kernelFor(height, outShape.height);
  for (let j = 0; j < outShape.height; j++) {
    const top = first[j]! * width;
    const count = taps[j]!;
    const w = j * stride;
    for (let i = 0; i < width; i++) {
      let sum = HALF;
      for (let t = 0; t < count; t++) sum += rows[top + t * width + i]! * weights[w + t]!;
      out[j * width + i] = sum >> PRECISION;
    }
  }
}

/** Converts the planes R, G and B to luma (ITU-R BT.601, rounded). */
function toGray(rgb: Uint8Array, out: Uint8Array): void {
  const size = out.length;
  for (let i = 0; i < size; i++)
    out[i] = (rgb[i]! * 19595 + rgb[size + i]! * 38470 + rgb[2 * size + i]! * 7471 + 0x8000) >> 16;
}
