import { constant, type Dims, ELEM, model, node } from './onnx-graph.ts';

/** Tiny models that hear tones, in the formats of speech recognisers. */

const RATE_HZ = 16_000;
/** A frame has this many samples: a whole number of periods of each tone, so that all frames of a tone are alike. */
const FRAME = 320;
/** The tones that the models tell apart. */
export const TONES_HZ = [400, 800] as const;

/** Returns a recording in mono, as the models take it. @param hz its tones, one after the other, equally long */
export const tonesOf = (seconds: number, ...hz: readonly number[]): Float32Array =>
  Float32Array.from(
    { length: seconds * RATE_HZ },
    (_, i) =>
      0.5 * Math.sin((2 * Math.PI * hz[Math.floor((i * hz.length) / (seconds * RATE_HZ))]! * i) / RATE_HZ),
  );

/**
 * Makes operators that compute how loud each tone is in each frame, [batch, frames, 4]. A tone's loudness, for any phase, is the
 * sum of two of the four numbers.
 */
const hearing = (output: string) => {
  const waves = TONES_HZ.flatMap((hz) =>
    [Math.cos, Math.sin].flatMap((wave) =>
      Array.from({ length: FRAME }, (_, i) => wave((2 * Math.PI * hz * i) / RATE_HZ) / FRAME),
    ),
  );
  return {
    nodes: [
      node('Unsqueeze', ['input_values', 'channel'], 'sound'),
      node('Conv', ['sound', 'waves'], 'parts', { strides: [FRAME] }),
      node('Mul', ['parts', 'parts'], 'squares'),
      node('Transpose', ['squares'], output, { perm: [0, 2, 1] }),
    ],
    constants: [
      constant('channel', 'int64', [1], [1]),
      constant('waves', 'float32', waves, [2 * TONES_HZ.length, 1, FRAME]),
    ],
    input: { input_values: { type: 'float32' as const, dims: ['batch', 'samples'] } },
  };
};

/** Returns weights [4, classes] that give each tone's loudness, times a factor, to a class. */
const toClasses = (classes: number, chosen: readonly (readonly [id: number, factor: number])[]) =>
  chosen.flatMap(([id, factor]) => {
    const row = Array.from({ length: classes }, (_, c) => (c === id ? factor : 0));
    return [...row, ...row];
  });

/** Makes a CTC model that gives a frame its tone's letter or, in silence, the blank: class 0. @param letters class by tone */
export function toneCtc(classes: number, letters: readonly [number, number]): Uint8Array<ArrayBuffer> {
  const { nodes, constants, input } = hearing('loudness');
  return model(
    [
      ...nodes,
      node('MatMul', ['loudness', 'letters'], 'scores'),
      node('Add', ['scores', 'silence'], 'logits'),
    ],
    [
      ...constants,
      constant(
        'letters',
        'float32',
        toClasses(classes, [
          [letters[0], 40],
          [letters[1], 40],
        ]),
        [4, classes],
      ),
      constant('silence', 'float32', [5, ...Array(classes - 1).fill(0)], [classes]),
    ],
    input,
    { logits: { type: 'float32', dims: ['batch', 'frames', classes] } },
  );
}

/** Makes an encoder and a merged decoder that writes a word for each tone heard. `start`, `end` and `words` are token ids. */
export function toneEncoderDecoder(
  classes: number,
  { start, end, words }: { start: number; end: number; words: readonly [number, number] },
): { encoder: Uint8Array<ArrayBuffer>; decoder: Uint8Array<ArrayBuffer> } {
  const { nodes, constants, input } = hearing('last_hidden_state');
  const states: Dims = ['batch', 'frames', 4];
  const keys: Dims = ['batch', 1, 'tokens', 1];
  const never = -100;
  // Logits by token and next token: after the start a word, after the first word the second or the end, after the second the end.
  const next = Array.from({ length: classes }, (_, token) =>
    Array.from({ length: classes }, (_, c) => {
      if (c === end) return token === start ? never : token === words[1] ? 1 : 0.03;
      return token === c || token === words[1] ? never : 0;
    }),
  );
  return {
    encoder: model(nodes, constants, input, { last_hidden_state: { type: 'float32', dims: states } }),
    decoder: model(
      [
        node('ReduceMax', ['encoder_hidden_states'], 'loudest', { axes: [1], keepdims: 1 }),
        node('MatMul', ['loudest', 'words'], 'heard'),
        node('Gather', ['next', 'input_ids'], 'allowed'),
        node('Add', ['allowed', 'heard'], 'logits'),
        node('Cast', ['input_ids'], 'numbers', { to: ELEM.float32 }),
        node('Reshape', ['numbers', 'keyShape'], 'own'),
        node('Concat', ['past_key_values.0.decoder.key', 'own'], 'present.0.decoder.key', { axis: 2 }),
      ],
      [
        constant(
          'words',
          'float32',
          toClasses(classes, [
            [words[0], 2],
            [words[1], 1],
          ]),
          [4, classes],
        ),
        constant('next', 'float32', next.flat(), [classes, classes]),
        constant('keyShape', 'int64', [0, 1, -1, 1], [4]),
      ],
      {
        input_ids: { type: 'int64', dims: ['batch', 'new'] },
        encoder_hidden_states: { type: 'float32', dims: states },
        use_cache_branch: { type: 'bool', dims: [1] },
        'past_key_values.0.decoder.key': { type: 'float32', dims: keys },
      },
      {
        logits: { type: 'float32', dims: ['batch', 'new', classes] },
        'present.0.decoder.key': { type: 'float32', dims: ['batch', 1, 'all', 1] },
      },
    ),
  };
}
