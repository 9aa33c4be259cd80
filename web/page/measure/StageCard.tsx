import { assetName } from '../../../models/hub/file-names.ts';
import type { TensorSpec } from '../../../models/tasks/program.ts';
import { taskOf } from '../../../models/tasks/registry.ts';
import {
  type ManifestStage,
  type ManifestVariant,
  sha256Of,
  sizeBytesOf,
} from '../../../solver/documents/manifest.ts';
import type { Profile } from '../../../solver/documents/profile.ts';
import { bytes, percent, weightsText } from '../../components/format.ts';
import { Term } from '../../components/Term.tsx';
import { profile } from '../../state/app.ts';
import { busy } from '../../state/pipelines/adding.ts';
import { ownModels } from '../../state/pipelines/changes.ts';
import { isOwn } from '../../state/pipelines/pipelines.ts';
import { DeleteButton } from '../controls/DeleteButton.tsx';
import { FileButton, MODEL_FILES } from '../controls/FileButton.tsx';
import { useKeptFocus } from '../controls/kept-focus.ts';
import { useDrop } from '../controls/use-drop.ts';

/** A stage with its variants, to which the user can add models. */
export function StageCard({ stage }: { readonly stage: ManifestStage }) {
  const add = async (files: File[]) => (await ownModels()).addModels(files, stage.name);
  const { over, target } = useDrop(busy.value, add);
  const host = useKeptFocus<HTMLElement>();
  const sources = sourcesOf(stage);
  return (
    <section
      ref={host}
      class={over ? 'card stage over' : 'card stage'}
      tabIndex={-1}
      aria-label={`Stage ${stage.name}`}
      {...target}
    >
      <h3>
        {stage.name} <span class="muted">{stage.task}</span>
      </h3>
      <Variants stage={stage} sources={sources} />
      {stage.variants.some(({ accuracy }) => accuracy === null) && (
        <p class="muted fine source">
          Where no accuracy was published, the profile measures it on the labelled pack.
        </p>
      )}
      <p>
        <FileButton
          label={`Add models to ${stage.name}`}
          accept={MODEL_FILES}
          multiple
          disabled={busy.value}
          onFiles={add}
        />{' '}
        <span class="muted small">or drop them here</span>
      </p>
      <details class="muted fine source">
        <summary>Where the accuracies are from, and what a model takes</summary>
        {sources.map((source, i) => (
          <p key={source}>
            {sources.length > 1 && <sup>{i + 1}</sup>} Published accuracy: {source}
          </p>
        ))}
        <p>
          Plans use the accuracies measured on the labelled pack, which may differ a little from published
          ones.
        </p>
        <p>Input of a model: {inputText(stage)}</p>
      </details>
    </section>
  );
}

interface VariantsProps {
  readonly stage: ManifestStage;
  /** Where the published accuracies are from; where there are several, each accuracy has the number of its own. */
  readonly sources: readonly string[];
}

/** The stage's variants; those of a pipeline of the user's own can be deleted. */
function Variants({ stage, sources }: VariantsProps) {
  return (
    <table class="variants">
      <thead>
        <tr>
          <th scope="col">
            <Term>Variant</Term>
          </th>
          <th scope="col" class="numeric">
            Size
          </th>
          <th scope="col">
            <Term>Weights</Term>
          </th>
          <th scope="col" class="numeric">
            <Term>Accuracy</Term>
          </th>
          {isOwn.value && (
            <td>
              <span class="unseen">Delete</span>
            </td>
          )}
        </tr>
      </thead>
      <tbody>
        {stage.variants.map((variant) => (
          <tr key={variant.name}>
            <th scope="row">{variant.name}</th>
            <td class="numeric">{bytes(sizeBytesOf(variant))}</td>
            <td>{weightsText(variant)}</td>
            <td class="numeric">
              <Accuracy stage={stage.name} variant={variant} />
              {sources.length > 1 && variant.accuracy !== null && (
                <sup>{sources.indexOf(variant.accuracySource) + 1}</sup>
              )}
            </td>
            {isOwn.value && (
              <td class="numeric">
                {stage.variants.length > 1 && (
                  <DeleteButton
                    what={`variant ${variant.name}`}
                    label="✕"
                    disabled={busy.value}
                    onDelete={async () => (await ownModels()).dropVariant(stage.name, variant.name)}
                  />
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const sourcesOf = ({ variants }: ManifestStage): string[] => [
  ...new Set(variants.flatMap(({ accuracy, accuracySource }) => (accuracy === null ? [] : accuracySource))),
];

/**
 * For each kind of model that fits the stage: the input tensors that its first session must have, and the files that it needs
 * beside the model. Leaves out kinds whose first session needs no input tensor.
 */
function inputText(stage: ManifestStage): string {
  const kinds = taskOf(stage).programs.flatMap(({ signatures, assets }) => {
    const specs = Object.values(signatures(stage))[0]!.inputs.filter((spec) => !spec.optional);
    const files = (assets?.(stage) ?? []).map(assetName);
    if (specs.length === 0) return [];
    return `${specs.map(tensorText).join(', ')}${files.length > 0 ? `, with ${files.join(', ')}` : ''}`;
  });
  return [...new Set(kinds)].join('; or ');
}

const tensorText = ({ types, dims, orDims }: TensorSpec): string =>
  `${types.join(' or ')} ${[dims, ...(orDims ? [orDims] : [])].map(shapeText).join(' or ')}`;

const shapeText = (dims: TensorSpec['dims']): string =>
  `[${['batch', ...dims.map((dim) => dim ?? 'any')].join(', ')}]`;

/** The published accuracy or, if there is none, the accuracy that the opened profile measured. */
function Accuracy({ stage, variant }: { readonly stage: string; readonly variant: ManifestVariant }) {
  if (variant.accuracy !== null) return <>{percent(variant.accuracy)}</>;
  const measured = measuredAccuracy(profile.value, stage, sha256Of(variant));
  return <span title={measured === null ? 'Not measured yet' : 'Measured'}>{percent(measured)}</span>;
}

function measuredAccuracy(opened: Profile | null, stage: string, sha256: string): number | null {
  const variants = opened?.stages.find(({ name }) => name === stage)?.variants;
  return variants?.find((variant) => variant.sha256 === sha256)?.accuracy.measured?.value ?? null;
}
