/** How the samples of a test's WAV file are stored. */
export interface WavOptions {
  readonly rateHz?: number;
  readonly channels?: number;
  readonly bits?: 8 | 16 | 24 | 32;
  readonly float?: boolean;
  readonly extensible?: boolean;
}

/** A chunk of a RIFF file; one of an odd size is followed by a byte that belongs to no chunk. */
export function chunk(id: string, body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(id, 'latin1'), size, body, Buffer.alloc(body.length % 2)]);
}

/** A RIFF file of the form WAVE. */
export const wave = (...chunks: Uint8Array[]): Uint8Array =>
  new Uint8Array(chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks])));

export function formatChunk({
  rateHz = 16000,
  channels = 1,
  bits = 16,
  float = false,
  extensible = false,
}: WavOptions): Buffer {
  const body = Buffer.alloc(extensible ? 40 : 16);
  body.writeUInt16LE(extensible ? 0xfffe : float ? 3 : 1, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rateHz, 4);
  body.writeUInt32LE((rateHz * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  if (extensible) body.writeUInt16LE(float ? 3 : 1, 24);
  return chunk('fmt ', body);
}

export function dataChunk(samples: ArrayLike<number>, { bits = 16, float = false }: WavOptions): Buffer {
  const body = Buffer.alloc((samples.length * bits) / 8);
  Array.from(samples).forEach((sample, i) => {
    const at = (i * bits) / 8;
    if (float) body.writeFloatLE(sample, at);
    else if (bits === 8) body.writeUInt8(Math.round(sample * 127) + 128, at);
    else body.writeIntLE(Math.round(sample * (2 ** (bits - 1) - 1)), at, bits / 8);
  });
  return chunk('data', body);
}

/** A WAV file of samples from −1 to 1; the channels of a sample follow each other. */
export const wavOf = (samples: ArrayLike<number>, options: WavOptions = {}): Uint8Array =>
  wave(formatChunk(options), dataChunk(samples, options));

/** A tone of amplitude 0.5. */
export const tone = (hz: number, seconds: number, rateHz: number): Float32Array =>
  Float32Array.from(
    { length: Math.round(seconds * rateHz) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz),
  );
