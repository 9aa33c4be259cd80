import { recognizers } from '../tasks/automatic-speech-recognition/hub.ts';
import { imageClassifiers } from '../tasks/image-classification/hub.ts';
import { detectors } from '../tasks/object-detection/hub.ts';
import { answerers } from '../tasks/question-answering/hub.ts';
import { summarizers } from '../tasks/summarization/hub.ts';
import { textClassifiers } from '../tasks/text-classification/hub.ts';
import { tokenClassifiers } from '../tasks/token-classification/hub.ts';
import { translators } from '../tasks/translation/hub.ts';
import type { HubKind } from './kind.ts';

/** The hub's models that can be pinned, by task. */
export const HUB_KINDS: readonly HubKind[] = [
  imageClassifiers,
  detectors,
  textClassifiers,
  tokenClassifiers,
  answerers,
  recognizers,
  translators,
  summarizers,
];
