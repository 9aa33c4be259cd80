import type { Item } from '../../../models/items/item-batch.ts';

interface FieldsProps {
  readonly names: readonly string[];
  /** The texts in UTF-8, in the order of the names. */
  readonly texts: readonly Item[];
}

const decoder = new TextDecoder();

/** The texts that come with an item, such as a question about it. */
export function Fields({ names, texts }: FieldsProps) {
  if (names.length === 0) return null;
  return (
    <dl class="stage-answers">
      {names.map((name, i) => (
        <div key={name}>
          <dt class="muted small">{name}</dt>
          <dd dir="auto">{decoder.decode(texts[i])}</dd>
        </div>
      ))}
    </dl>
  );
}
