import { json } from '../tokenizer.ts';

const special = (content: string, id: number) => ({ id, content, special: true });

/** A tokenizer for CTC in the layout of the hub: the letters A (4), B (5) and É (7), the delimiter of words (3), no token 6. */
export const ctcTokenizer = (changes: object = {}): Uint8Array<ArrayBuffer> =>
  json({
    added_tokens: ['<pad>', '<s>', '<unk>'].map(special),
    decoder: { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
    model: { type: 'WordLevel', vocab: { '<pad>': 0, '<s>': 1, '<unk>': 2, '|': 3, A: 4, B: 5, É: 7 } },
    ...changes,
  });
