import { BudgetNotice, DeviceFacts, Notice } from '../../components/Device.tsx';
import { date, plural } from '../../components/format.ts';
import { checked, opened } from '../../state/app.ts';
import { tables } from '../../state/compared.ts';
import { showsExample } from '../../state/example.ts';
import { liveCells, running } from '../../state/measure/profiling.ts';
import { Compare, ProfileCells, StageCells } from '../charted/charted.tsx';
import { Empty, NoProfile, Section } from '../frame/Section.tsx';
import { Operators } from './Operators.tsx';
import { ResultsVerdict } from './ResultsVerdict.tsx';
import './results.css';

/** The page's section "Results": cells of the running profile or, if none is running, of the opened one. */
export function Results() {
  const live = running.value !== null && liveCells.value.length > 0;
  return (
    <Section
      id="results"
      title="Results"
      lead={
        running.value
          ? 'What is measured so far, drawn once a second.'
          : 'How long each model takes here, and how many items per second it answers, by batch size. !\u00a0and\u00a0✕ mark figures that need care.'
      }
    >
      {live ? <Live /> : opened.value && !running.value ? <Opened /> : <Nothing />}
    </Section>
  );
}

const Nothing = () =>
  running.value ? (
    <Empty>The first results appear once the models are loaded and their accuracy is measured.</Empty>
  ) : (
    <NoProfile
      why={tables.value
        .map(({ file }) => `${file} is ready to be compared with a profile.`)
        .concat('Nothing is measured yet.')
        .join(' ')}
    />
  );

function Live() {
  const { manifest, settings } = running.value!;
  return (
    <StageCells
      stages={manifest.stages}
      cells={liveCells.value}
      batches={settings.batches}
      software={checked.value?.adapter?.software ?? false}
    />
  );
}

function Opened() {
  const { profile } = opened.value!;
  return (
    <>
      <p>
        <strong>{profile.pipeline}</strong>, measured {date(profile.createdAt)}
      </p>
      {showsExample.value && (
        <Notice title="EXAMPLE">
          Measured on another device, with {plural(profile.device.logicalCores, 'core')}: it says nothing
          about yours. <a href="#measure">Measure this device</a>
        </Notice>
      )}
      <BudgetNotice profile={profile} />
      <ResultsVerdict of={opened.value!} />
      <DeviceFacts device={profile.device} />
      <ProfileCells profile={profile} />
      <Operators />
      <Compare />
    </>
  );
}
