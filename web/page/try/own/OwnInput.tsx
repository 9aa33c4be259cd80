import { models } from '../../../state/app.ts';
import {
  answering,
  answerOwn,
  cancelOwn,
  ownFailure,
  ownVariants,
  stageChoices,
  whyNoRequest,
} from '../../../state/own/own-answer.ts';
import { missing, notTaken, ownFields, ownFormat } from '../../../state/own/own-input.ts';
import { SelectField, TextField } from '../../controls/Field.tsx';
import { useKeptFocus } from '../../controls/kept-focus.ts';
import { ContentInput } from './ContentInput.tsx';
import { OwnSteps } from './OwnSteps.tsx';
import './own.css';

/** A field takes at most this many letters, because each may need three bytes of the field's 16 KiB. */
const LETTERS_MAX = 5000;

/** Form that answers one request with the user's input, and shows each stage's items and answers. */
export function OwnInput() {
  const host = useKeptFocus();
  const format = ownFormat.value;
  if (!format) return null;
  const lacking = whyNoRequest.value ?? missing.value;
  const busy = answering.value !== null;
  return (
    <section class="own" aria-labelledby="own-title">
      <h3 id="own-title">
        Your own input <span class="muted">one request, stage by stage</span>
      </h3>
      <form
        class="card stack"
        aria-labelledby="own-title"
        onSubmit={(event) => {
          event.preventDefault();
          if (lacking === null && !busy) void answerOwn();
        }}
      >
        <ContentInput format={format} />
        {format.fields?.map((name) => (
          <TextField
            key={name}
            label={name[0]!.toUpperCase() + name.slice(1)}
            maxLength={LETTERS_MAX}
            value={ownFields.value[name] ?? ''}
            onValue={(value) => {
              ownFields.value = { ...ownFields.value, [name]: value };
            }}
          />
        ))}
        <Variants />
        {notTaken.value && (
          <p class="bad" role="alert">
            {notTaken.value}
          </p>
        )}
        <div class="row baseline buttons" ref={host} tabIndex={-1}>
          <button type="submit" class="primary" disabled={lacking !== null || busy}>
            Run your input
          </button>
          {busy && (
            <button type="button" onClick={cancelOwn}>
              Cancel
            </button>
          )}
          <span class="muted">{lacking}</span>
        </div>
      </form>
      {ownFailure.value && (
        <p class="problem" role="alert">
          {ownFailure.value}
        </p>
      )}
      <OwnSteps />
    </section>
  );
}

/** The variant of each stage: the plan's, or another one that the user chooses. */
function Variants() {
  return (
    <div class="row end">
      {stageChoices.value.map(({ name, variant, backend }) => (
        <SelectField
          key={name}
          label={`${name} on ${backend}`}
          value={variant}
          onValue={(value) => {
            ownVariants.value = { ...ownVariants.value, [name]: value };
          }}
          options={models.value!.pipeline.stage(name).stage.variants.map((one) => one.name)}
        />
      ))}
    </div>
  );
}
