import { DeviceFacts } from '../../components/Device.tsx';
import { date } from '../../components/format.ts';
import { StageCells, stageNames } from '../../components/StageCells.tsx';
import { checked, opened } from '../../state/app.ts';
import { liveCells, measuring, running } from '../../state/profiling.ts';
import { settings } from '../../state/settings.ts';
import { Empty, Section } from '../Section.tsx';
import { Compare } from './Compare.tsx';

/** The running profile's cells while one runs, else the opened profile's. */
export function Results() {
  const live = running.value !== null && liveCells.value.length > 0;
  return (
    <Section
      id="results"
      title="Results"
      lead={
        running.value
          ? 'As it is measured, drawn once a second.'
          : 'Warm latencies with their spread, cold first runs apart, and what needs care.'
      }
    >
      {live ? <Live /> : opened.value && !running.value ? <Opened /> : <Nothing />}
    </Section>
  );
}

function Nothing() {
  return (
    <Empty>
      {running.value ? (
        'The first cells come after the models are loaded and their accuracy is measured.'
      ) : (
        <>
          Nothing measured yet. <a href="#measure">Start a profile</a>, or drop a profile's file anywhere on
          this page.
        </>
      )}
    </Empty>
  );
}

function Live() {
  return (
    <StageCells
      stages={stageNames(measuring.value!.stages)}
      cells={liveCells.value}
      batches={settings.value.batches}
      software={checked.value?.adapter?.software ?? false}
    />
  );
}

function Opened() {
  const { profile } = opened.value!;
  return (
    <>
      <p class="opened-profile">
        <strong>{profile.pipeline}</strong>, measured {date(profile.createdAt)}
      </p>
      <DeviceFacts device={profile.device} />
      <StageCells
        stages={stageNames(profile.stages)}
        cells={profile.cells}
        batches={profile.settings.batches}
        software={profile.device.adapter?.software ?? false}
      />
      <Compare />
    </>
  );
}
