import {
  generationConfig,
  modelConfig,
  preprocessorConfig,
  tokenizerConfig,
} from '../../../models/hub/config.ts';
import type { HubModel } from '../../../models/hub/kind.ts';
import { parseDocument } from '../../../solver/documents/document.ts';

/** Configurations from repositories of the hub, shortened to what matters. */

const IMAGENET = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const RESCALE = { do_rescale: true, rescale_factor: 0.00392156862745098 };

export const labels = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, c) => [c, `label ${c}`]));

export const RESNET = {
  config: {
    architectures: ['ResNetForImageClassification'],
    model_type: 'resnet',
    num_channels: 3,
    id2label: labels(1000),
  },
  preprocessor: {
    image_processor_type: 'ConvNextFeatureExtractor',
    do_normalize: true,
    do_resize: true,
    crop_pct: 0.875,
    size: { shortest_edge: 224 },
    ...IMAGENET,
  },
};

export const SENTIMENT = {
  config: {
    architectures: ['DistilBertForSequenceClassification'],
    model_type: 'distilbert',
    id2label: { 0: 'NEGATIVE', 1: 'POSITIVE' },
    max_position_embeddings: 512,
  },
  tokenizer: { model_max_length: 512, tokenizer_class: 'DistilBertTokenizer' },
};

export const VIT = {
  config: {
    architectures: ['ViTForImageClassification'],
    model_type: 'vit',
    image_size: 224,
    num_channels: 3,
    id2label: labels(3),
  },
  preprocessor: {
    do_normalize: true,
    ...RESCALE,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    size: { height: 224, width: 192 },
  },
};

export const DETR = {
  config: { architectures: ['DetrForObjectDetection'], model_type: 'detr', id2label: labels(91) },
  preprocessor: {
    image_processor_type: 'DetrImageProcessor',
    do_normalize: true,
    do_pad: true,
    ...RESCALE,
    size: { longest_edge: 1333, shortest_edge: 800 },
    ...IMAGENET,
  },
};

export const YOLOS = {
  config: {
    architectures: ['YolosForObjectDetection'],
    model_type: 'yolos',
    image_size: [512, 864],
    id2label: labels(91),
  },
  preprocessor: { do_normalize: true, size: 512, max_size: 864, ...IMAGENET },
};

export const RT_DETR = {
  config: { architectures: ['RTDetrV2ForObjectDetection'], model_type: 'rt_detr_v2', id2label: labels(80) },
  preprocessor: {
    image_processor_type: 'RTDetrImageProcessor',
    do_normalize: false,
    ...RESCALE,
    size: { height: 640, width: 640 },
    ...IMAGENET,
  },
};

/**
 * Files of a classifier from the library timm, whose repositories have no `preprocessor_config.json`: `pretrained_cfg` describes
 * the pictures.
 */
export const TIMM = {
  config: {
    architecture: 'mobilenetv4_conv_small',
    num_classes: 3,
    label_names: ['one', 'two', 'three'],
    pretrained_cfg: {
      input_size: [3, 256, 256],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      crop_pct: 0.95,
    },
  },
};

const ENDLESS = { model_max_length: 1e30 };

export const ANSWERER = {
  config: {
    architectures: ['RobertaForQuestionAnswering'],
    model_type: 'roberta',
    max_position_embeddings: 514,
  },
  tokenizer: { model_max_length: 512 },
};

export const TAGGER = {
  config: {
    architectures: ['BertForTokenClassification'],
    model_type: 'bert',
    max_position_embeddings: 512,
    id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' },
  },
  tokenizer: { model_max_length: 512 },
};

export const MARIAN = {
  config: { architectures: ['MarianMTModel'], model_type: 'marian', max_position_embeddings: 512 },
  generation: { max_length: 512, num_beams: 6 },
  tokenizer: { model_max_length: 512 },
};

export const BART = {
  config: {
    architectures: ['BartForConditionalGeneration'],
    model_type: 'bart',
    max_position_embeddings: 1024,
    max_length: 20,
    prefix: ' ',
    task_specific_params: { summarization: { max_length: 62, num_beams: 4 } },
  },
  generation: { max_length: 142 },
  tokenizer: { model_max_length: 1024 },
};

export const T5 = {
  config: {
    architectures: ['T5ForConditionalGeneration'],
    model_type: 't5',
    n_positions: 512,
    task_specific_params: { summarization: { max_length: 200, num_beams: 4, prefix: 'summarize: ' } },
  },
  generation: { decoder_start_token_id: 0 },
  tokenizer: ENDLESS,
};

export const WHISPER = {
  config: { architectures: ['WhisperForConditionalGeneration'], model_type: 'whisper' },
  generation: { max_length: 448, is_multilingual: true },
  preprocessor: {
    feature_extractor_type: 'WhisperFeatureExtractor',
    n_samples: 480_000,
    sampling_rate: 16_000,
  },
  tokenizer: ENDLESS,
};

export const WAV2VEC2 = {
  config: { architectures: ['Wav2Vec2ForCTC'], model_type: 'wav2vec2' },
  preprocessor: { feature_extractor_type: 'Wav2Vec2FeatureExtractor', sampling_rate: 16_000 },
};

/** A repository's model, from the values of its files. */
export const modelOf = (
  id: string,
  given: { config: unknown; generation?: unknown; preprocessor?: unknown; tokenizer?: unknown },
  task: string | null = null,
): HubModel => ({
  id,
  task,
  config: parseDocument(modelConfig, given.config, 'config.json'),
  generation: given.generation ? parseDocument(generationConfig, given.generation, 'g') : null,
  preprocessor: given.preprocessor ? parseDocument(preprocessorConfig, given.preprocessor, 'p') : null,
  tokenizer: given.tokenizer ? parseDocument(tokenizerConfig, given.tokenizer, 't') : null,
});

export const COMMIT = 'c'.repeat(40);

/** The API's answer for a repository. @param files sizes by path; a model is a large file */
export const apiAnswer = (id: string, files: Record<string, number>, about: object = {}): object => ({
  _id: '6491777a87ae7236b212148f',
  id,
  modelId: id,
  sha: COMMIT,
  private: false,
  gated: false,
  tags: ['onnx'],
  cardData: { license: 'apache-2.0' },
  siblings: Object.entries(files).map(([rfilename, size]) => ({
    rfilename,
    blobId: 'b'.repeat(40),
    size,
    ...(/\.onnx(_data)?/.test(rfilename) && { lfs: { sha256: 'd'.repeat(64), size, pointerSize: 134 } }),
  })),
  ...about,
});
