import { InvalidPackError, type TensorFile } from '../../packs/safetensors.ts';
import { i32, type NamedTensor } from '../../packs/write.ts';
import { f1Match, type Match } from '../score.ts';
import type { TruthRows } from '../task.ts';
import type { Span } from '../token-spans.ts';

/** A labelled entity: its type, and its characters (Unicode code points) from `start` to before `end`. */
export interface TrueEntity extends Span {
  readonly type: string;
}

/**
 * Reads a pack's entities of a stage: `entity_span.<stage>` I32 [entities, 2], start and end in characters; `entity_text.<stage>`
 * I32 [entities], the row of each entity's text; `entity_type.<stage>` I32 [entities], the index of each entity's type.
 * @param types in the order in which the stage's classes first name them
 * @throws InvalidPackError
 */
export function readEntities(
  file: TensorFile,
  { name, types }: { readonly name: string; readonly types: readonly string[] },
  rows: number,
): TruthRows<readonly TrueEntity[]> {
  const spans = file.read(`entity_span.${name}`, 'I32', 2);
  const owners = file.read(`entity_text.${name}`, 'I32', 1).data;
  const labels = file.read(`entity_type.${name}`, 'I32', 1).data;
  const count = owners.length;
  if (spans.shape[0] !== count || spans.shape[1] !== 2 || labels.length !== count)
    throw new InvalidPackError(
      `"entity_span.${name}" should be [${count}, 2] and "entity_type.${name}" [${count}] as "entity_text.${name}" is, ` +
        `but they are [${spans.shape.join(', ')}] and [${labels.length}]`,
    );
  const children: number[][] = Array.from({ length: rows }, () => []);
  const entities = Array.from(owners, (row, k): TrueEntity => {
    const [start, end] = spans.data.subarray(2 * k, 2 * k + 2) as unknown as [number, number];
    const type = types[labels[k]!];
    if (!(row >= 0 && row < rows))
      throw new InvalidPackError(
        `entity ${k} of stage "${name}" is in text ${row}, but there are ${rows} texts`,
      );
    if (!(start >= 0 && start < end))
      throw new InvalidPackError(`entity ${k} of stage "${name}" is from character ${start} to ${end}`);
    if (type === undefined)
      throw new InvalidPackError(
        `entity ${k} of stage "${name}" has type ${labels[k]}, but the stage's classes name ${types.length} types`,
      );
    children[row]!.push(k);
    return { start, end, type };
  });
  return {
    truths: children.map((own) => own.map((k) => entities[k]!)),
    children,
    childRows: count,
  };
}

/** Writes the entities of texts as {@link readEntities} reads them with the same `types`. A text without labels (null) has none. */
export function writeEntities(
  { name, types }: { readonly name: string; readonly types: readonly string[] },
  texts: readonly (readonly TrueEntity[] | null)[],
): NamedTensor[] {
  const entities = texts.flatMap((own, text) => (own ?? []).map((entity) => ({ text, ...entity })));
  return [
    {
      name: `entity_span.${name}`,
      shape: [entities.length, 2],
      data: Int32Array.from(entities.flatMap(({ start, end }) => [start, end])),
    },
    i32(
      `entity_text.${name}`,
      entities.map(({ text }) => text),
    ),
    i32(
      `entity_type.${name}`,
      entities.map(({ type }) => types.indexOf(type)),
    ),
  ];
}

/**
 * Pairs each found entity with a true entity of the same span. A found entity is right if its type is that of the true one too.
 */
export function matchEntities(found: readonly TrueEntity[], truths: readonly TrueEntity[]): Match[] {
  const span = ({ start, end }: TrueEntity) => `${start} ${end}`;
  const left = new Map<string, number[]>();
  for (const [t, truth] of truths.entries()) left.set(span(truth), [...(left.get(span(truth)) ?? []), t]);
  const matches = found.map((entity, p) => {
    const same = left.get(span(entity)) ?? [];
    const isRight = (t: number) => truths[t]!.type === entity.type;
    const t = same.find(isRight) ?? same[0] ?? null;
    left.set(
      span(entity),
      same.filter((one) => one !== t),
    );
    return f1Match(p, t, t !== null && isRight(t));
  });
  return [...matches, ...[...left.values()].flat().map((t) => f1Match(null, t, false))];
}
