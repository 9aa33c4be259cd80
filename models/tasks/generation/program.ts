import type { ManifestStage } from '../../../solver/documents/manifest.ts';
import type { Item } from '../../items/item-batch.ts';
import { feedsOf, type Input } from '../one-run.ts';
import { ones, type Program, type ProgramRun, type Scratch, type Signature } from '../program.ts';
import { FLOATS, type Session, type Tensor } from '../tensor.ts';
import { BeamSearch } from './beams.ts';
import { Decoder, type DecoderSessions } from './decoder.ts';
import { GreedySearch } from './greedy.ts';
import { type GenerationRules, RULES_ASSETS } from './rules.ts';
import type { Generated } from './search.ts';

/** A stage whose models generate tokens. */
export interface GeneratingStage extends ManifestStage {
  /** Maximum number of tokens generated for an item. */
  readonly tokensMax: number;
  /** The variant's rules; set once the variant's assets are read. */
  readonly rules?: GenerationRules;
}

/** Parts from which {@link generating} makes programs. */
interface Generating<S extends GeneratingStage, R> {
  /** Inputs of the encoder. */
  readonly inputs: readonly Input<S>[];
  /** Roles of the variant's files other than its models and the files of the generation rules. */
  readonly assets: readonly string[];
  /** Reads the assets. Returns the stage with its `rules` and all fields that `inputs` and `decode` need. */
  prepare(stage: S, assets: Readonly<Record<string, Uint8Array>>): Promise<S>;
  /** The rules for the items of a batch, for a task whose rules depend on the items; absent: the stage's rules. */
  rulesFor?(stage: S, items: readonly Item[]): GenerationRules;
  /** Converts the generated tokens of an item to its result. */
  decode(stage: S, generated: Generated): R;
}

const ENCODER_OUTPUT = 'last_hidden_state';

const STATES = { name: 'encoder_hidden_states', types: FLOATS, dims: [null, null] } as const;
const IDS = { name: 'input_ids', types: ['int64'], dims: [null] } as const;
const LOGITS = { name: 'logits', types: FLOATS, dims: [null, null] } as const;

/**
 * The hub's decoders: one merged model with a branch for the first step, or one model for the first step and one for later steps.
 */
const DECODERS: readonly Readonly<Record<string, Signature>>[] = [
  {
    decoder: {
      inputs: [IDS, STATES, { name: 'use_cache_branch', types: ['bool'], dims: [] }],
      outputs: [LOGITS],
      keeps: true,
    },
  },
  {
    decoder: { inputs: [IDS, STATES], outputs: [LOGITS], keeps: true },
    'decoder-with-past': { inputs: [IDS], outputs: [LOGITS], keeps: true },
  },
];

/**
 * Makes the programs of variants with an encoder and a decoder. The decoder runs once for each token, in greedy or beam search. A
 * row that has ended leaves the batch, so a batch takes as many steps as its longest row. Times of runs are named `encoder`,
 * `decoder-first` (the prompt) and `decoder` (each later token).
 */
export const generating = <S extends GeneratingStage, R>(parts: Generating<S, R>): Program<S, R>[] =>
  DECODERS.map((decoder) => ({
    signatures: (stage) => ({
      encoder: {
        inputs: parts.inputs.map(({ spec }) => spec(stage)),
        outputs: [{ name: ENCODER_OUTPUT, types: FLOATS, dims: [null, null] }],
        keeps: true,
      },
      ...decoder,
    }),
    assets: () => [...RULES_ASSETS, ...parts.assets],
    prepare: parts.prepare,
    run: (stage, items, sessions, scratch) => generate(parts, stage, items, sessions, scratch),
  }));

async function generate<S extends GeneratingStage, R>(
  { inputs, rulesFor, decode }: Generating<S, R>,
  stage: S,
  items: readonly Item[],
  sessions: Readonly<Record<string, Session>>,
  scratch: Scratch,
): Promise<ProgramRun<R>> {
  const { encoder } = sessions;
  const feeds = feedsOf(stage, inputs, items, encoder!, scratch);
  const encoded = await encoder!.run(feeds, { read: [], keep: [ENCODER_OUTPUT] });
  const states = encoded.kept![ENCODER_OUTPUT]!;
  const decoder = new Decoder(sessions as unknown as DecoderSessions, {
    states,
    // Without an attention mask, no state is padding.
    mask: (feeds.attention_mask as Tensor<'int64'> | undefined) ?? ones(states.dims.slice(0, 2)),
  });
  const rules = rulesFor?.(stage, items) ?? stage.rules!;
  const search =
    rules.beams === 1 ? new GreedySearch(items.length, rules) : new BeamSearch(items.length, rules);
  const runs = [{ session: 'encoder', ms: encoded.ms }];
  try {
    const first = await decoder.step(items.map(() => rules.prompt));
    runs.push({ session: 'decoder-first', ms: first.ms });
    // The search overwrites the logits, so the outputs get a copy.
    const outputs = [joined(first.logits)];
    for (let next = search.advance(first.logits); next; ) {
      decoder.select(next.from);
      const { logits, ms } = await decoder.step(next.tokens.map((token) => [token]));
      runs.push({ session: 'decoder', ms });
      next = search.advance(logits);
    }
    const results = search.results().map((generated) => decode(stage, generated));
    return { results, outputs, runs };
  } finally {
    decoder.dispose();
  }
}

/** Joins rows of equal length into a tensor [rows, length]. */
function joined(rows: readonly Float32Array[]): Tensor {
  const length = rows[0]!.length;
  const data = new Float32Array(rows.length * length);
  rows.forEach((row, i) => {
    data.set(row, i * length);
  });
  return { type: 'float32', data, dims: [rows.length, length] };
}
