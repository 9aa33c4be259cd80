import { fitsBy, type HubKind } from '../../hub/kind.ts';
import { GENERATION_CHOICES, generationOf } from '../generation/hub.ts';

const ID = 'automatic-speech-recognition';

/** Default where the repository states no sampling rate: the rate that the hub's speech models take. */
const SAMPLE_RATE_HZ = 16_000;
/** Default where the repository states no limit: the longest recording that Whisper takes. */
const SECONDS_MAX = 30;
/** Default where the repository states no limit on generated tokens: Whisper's limit. */
const TOKENS_MAX = 448;

export const recognizers: HubKind = {
  task: ID,
  stageName: 'transcribe',
  models: 'a speech recognizer (Whisper, Moonshine or Wav2Vec2ForCTC)',
  fits: fitsBy(/^((Whisper|Moonshine)ForConditionalGeneration|Wav2Vec2ForCTC)$/),
  fieldsOf(model) {
    const { sampling_rate, n_samples } = model.preprocessor ?? {};
    const sampleRateHz = sampling_rate ?? SAMPLE_RATE_HZ;
    return {
      input: { sampleRateHz, secondsMax: n_samples ? n_samples / sampleRateHz : SECONDS_MAX },
      ...generationOf(model, ID, TOKENS_MAX),
    };
  },
  choices: [...GENERATION_CHOICES, 'language'],
  limits: ['input.secondsMax'],
};
