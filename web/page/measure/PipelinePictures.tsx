import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { ITEM_NOUNS, type ItemKind } from '../../../models/items/item-format.ts';
import type { LoadedManifest } from '../../../models/manifests/load.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import { plural } from '../../components/format.ts';
import type { Sample, SampleItem } from '../../samples/sample.ts';
import { sampleOf } from '../../samples/sample-of.ts';
import { Picture } from '../../views/items/Picture.tsx';
import { Wave } from '../../views/items/Wave.tsx';
import './pictures.css';

/**
 * The pipeline as pictures of its data: a request, the items that each stage gets, and the answers. A pipeline without a sample
 * is drawn with symbols for its kinds of items.
 */
export function PipelinePictures({ models }: { readonly models: LoadedManifest }) {
  const { manifest } = models;
  const sample = useSample(models);
  const ofStage = (name: string) => sample?.stages.find((stage) => stage.name === name);
  const answers = ofStage(manifest.stages.at(-1)!.name)?.answers;
  return (
    <ol class="pictures" aria-label="The pipeline, from a request to its answer">
      {manifest.stages.map((stage, i) => {
        const { kind } = taskOf(stage).itemFormat(stage);
        const items = ofStage(stage.name)?.items;
        const noun = ITEM_NOUNS[kind];
        return [
          <Data
            key={`${stage.name} items`}
            caption={
              i === 0 ? `a request: one ${noun.one}` : items ? plural(items.length, noun.one) : noun.many
            }
          >
            {items ? items.map((item, j) => <ItemPicture key={j} item={item} />) : <KindSymbol kind={kind} />}
          </Data>,
          <li key={stage.name} class="pictures-stage middle">
            <strong>{stage.name}</strong>
            <Arrow />
            <span class="muted">{plural(stage.variants.length, 'model')} to try</span>
          </li>,
        ];
      })}
      <Data caption={answers?.length === 1 ? 'the answer' : 'the answers'}>
        {answers ? (
          <ul class="pictures-text">
            {answers.map((answer, i) => (
              <li key={i}>
                <strong>{answer}</strong>
              </li>
            ))}
          </ul>
        ) : (
          <span class="muted pictures-symbol">✓</span>
        )}
      </Data>
    </ol>
  );
}

/** The sample of a pipeline once it is loaded; null before, and for a pipeline without one. */
function useSample(models: LoadedManifest): Sample | null {
  const [found, setFound] = useState<{
    readonly models: LoadedManifest;
    readonly sample: Sample | null;
  } | null>(null);
  useEffect(() => {
    let stale = false;
    // The error of an unreadable pack is shown when the pipeline is measured, so the picture ignores that error.
    const sampled = sampleOf(models).catch(() => null);
    void sampled.then((sample) => {
      if (!stale) setFound({ models, sample });
    });
    return () => {
      stale = true;
    };
  }, [models]);
  return found?.models === models ? found.sample : null;
}

function Data({ caption, children }: { readonly caption: string; readonly children: ComponentChildren }) {
  return (
    <li class="stack tight pictures-data">
      <div class="card pictures-items">{children}</div>
      <span class="muted">{caption}</span>
    </li>
  );
}

const Arrow = () => (
  <svg class="arrow" viewBox="0 0 56 16" width="56" height="16" aria-hidden="true">
    <path d="M1 8h52M46 2l7 6-7 6" />
  </svg>
);

function ItemPicture({ item }: { readonly item: SampleItem }) {
  if (item.kind === 'pixels') return <Pixels item={item} />;
  if (item.kind === 'audio') return <Wave peaks={item.peaks} label="waveform of a recording" />;
  return <p class="pictures-text">{item.text}</p>;
}

function Pixels({ item }: { readonly item: Extract<SampleItem, { kind: 'pixels' }> }) {
  const pixels = useMemo(
    () => Uint8Array.from(atob(item.base64), (letter) => letter.charCodeAt(0)),
    [item.base64],
  );
  return (
    <div class="pictures-pixels">
      <Picture shape={item} pixels={pixels} predictions={null} />
    </div>
  );
}

const SYMBOLS: Readonly<Record<ItemKind, string>> = { pixels: '▦', audio: '∿', text: '¶' };

const KindSymbol = ({ kind }: { readonly kind: ItemKind }) => (
  <span class="muted pictures-symbol" aria-hidden="true">
    {SYMBOLS[kind]}
  </span>
);
