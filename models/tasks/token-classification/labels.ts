import { z } from 'zod';
import { shown } from '../../../solver/documents/document.ts';
import { LabelError } from '../label-error.ts';
import { charactersBefore } from '../token-spans.ts';
import { entitiesOf, matchesIn, typeOf } from './entities.ts';
import type { TrueEntity } from './truths.ts';

/** Reads labels of entities from users' data. */

const place = z.int().nonnegative();
const spans = z.array(z.object({ start: place, end: place, label: z.string().min(1) }));
const tags = z.array(z.string().min(1));

/** Matches the words of a text; each has one tag. */
const WORD = /\S+/g;

/**
 * Reads the entities of a text: `[{"start": 0, "end": 4, "label": "PER"}]`, where `start` and `end` count characters (Unicode
 * code points) and `end` is after the last one; or a tag for each word between white space, `["B-PER", "O"]`, as in CoNLL's
 * files.
 * @param types of the entities that the stage's classes name
 * @throws LabelError
 */
export function readEntityLabel(
  { name, types }: { readonly name: string; readonly types: readonly string[] },
  label: unknown,
  text: string | null,
): TrueEntity[] {
  const given = spans.safeParse(label);
  const tagged = tags.safeParse(label);
  if (!given.success && !tagged.success)
    throw new LabelError(
      `stage "${name}" finds entities, but its label is not a list of them`,
      'Write [{"start": 0, "end": 4, "label": "<type>"}], or a tag for each word, e.g. ["B-PER", "O"].',
    );
  const entities = given.success
    ? given.data.map(({ start, end, label: own }) => ({ start, end, type: typeOf(own) ?? own }))
    : ofTags(name, tagged.data!, text);
  const length = text === null ? Number.POSITIVE_INFINITY : [...text].length;
  for (const { start, end, type } of entities) {
    if (!(start < end && end <= length))
      throw new LabelError(
        `an entity goes from character ${start} to ${end}, but ${start < end ? `the text has ${length} characters` : 'its end must be after its start'}`,
        'Count characters from 0; "end" is after the last one.',
      );
    if (!types.includes(type))
      throw new LabelError(
        `stage "${name}" has no class of the type ${shown(type)}; its types are ${types.slice(0, 20).join(', ')}`,
        'Rename the label, or the class in the manifest.',
      );
  }
  return entities;
}

function ofTags(stage: string, labels: readonly string[], text: string | null): TrueEntity[] {
  if (text === null)
    throw new LabelError(
      `the text that stage "${stage}" gets is not known`,
      'Label the entities by their places: {"start", "end", "label"}.',
    );
  const words = matchesIn(text, WORD);
  if (words.length !== labels.length)
    throw new LabelError(
      `there are ${labels.length} tags for ${words.length} words`,
      'Give a tag for each word between white space, "O" outside entities.',
    );
  const characters = charactersBefore(text);
  return entitiesOf(words.map((word, i) => ({ ...word, label: labels[i]!, score: 1 }))).map(
    ({ start, end, type }) => ({
      start: characters[start]!,
      end: characters[end]!,
      type,
    }),
  );
}
