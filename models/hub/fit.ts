import { canonicalJson } from '../../solver/documents/canonical.ts';
import { taskOf } from '../tasks/registry.ts';
import { StageMismatchError } from './errors.ts';
import { at, type Fields, fieldsOf, isObject, merged, put } from './fields.ts';
import type { HubStage } from './stage.ts';

/** The fields of a stage (`stage`), and those that a model's variants override with their own values (`own`). */
interface Fit {
  readonly stage: Fields;
  readonly own: Fields;
}

/**
 * Fits a hub model to a stage. Where the model's inputs or outputs differ from the stage's, its variants carry their own fields.
 * The user's choices for the stage hold for the model too, and the model reads at most as much as the stage allows.
 * @param name of the stage
 * @param known fields of the stage; null for a new one
 * @param given fields that the user sets, for the stage and the model
 * @param measured whether a pack has items of the stage, so that their format stays
 * @throws StageMismatchError if the stage and the model differ in a field that variants may not carry
 */
export function fitted(
  id: string,
  { kind, stage: modelStage }: HubStage,
  name: string,
  known: Fields | null,
  given: Fields,
  measured: boolean,
): Fit {
  const bare = fieldsOf(modelStage);
  const asked = merged(known ?? bare, given);
  let model = merged(bare, given);
  for (const path of kind.choices) model = put(model, path, at(asked, path));
  for (const path of kind.limits)
    model = put(model, path, Math.min(Number(at(asked, path)), Number(at(bare, path))));
  const joined = kind.joined?.(asked, model, measured) ?? { stage: asked, model };
  const { variantFields = [] } = taskOf(modelStage);
  const own: [string, unknown][] = [];
  for (const field of new Set([...Object.keys(joined.stage), ...Object.keys(joined.model)])) {
    const [ofStage, ofModel] = [joined.stage[field], joined.model[field]];
    if (canonicalJson([ofStage]) === canonicalJson([ofModel])) continue;
    if (!variantFields.includes(field)) throw mismatch(id, name, field, ofStage, ofModel);
    own.push([field, ofModel]);
  }
  return { stage: joined.stage, own: Object.fromEntries(own) };
}

/**
 * Makes the error that names the difference: in lists, the entries that the other list lacks; in objects, the first field that
 * differs.
 */
function mismatch(
  id: string,
  stage: string,
  field: string,
  expected: unknown,
  found: unknown,
): StageMismatchError {
  if (isObject(expected) && isObject(found))
    for (const [name, value] of Object.entries(expected))
      if (canonicalJson([value]) !== canonicalJson([found[name]]))
        return mismatch(id, stage, `${field}.${name}`, value, found[name]);
  if (!Array.isArray(expected) || !Array.isArray(found))
    return new StageMismatchError(id, stage, field, textOf(expected), textOf(found));
  const missing = expected.filter((entry) => !found.includes(entry));
  const more = found.filter((entry) => !expected.includes(entry));
  return missing.length + more.length > 0
    ? new StageMismatchError(id, stage, field, alone(missing), alone(more))
    : new StageMismatchError(id, stage, `order of ${field}`, textOf(expected), textOf(found));
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? 'none';
const alone = (entries: readonly unknown[]): string =>
  entries.length > 0 ? `${JSON.stringify(entries)} alone` : 'none that the other lacks';
