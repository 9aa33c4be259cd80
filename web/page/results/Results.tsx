import { DeviceFacts, MeasuredOn } from '../../components/Device.tsx';
import { date } from '../../components/format.ts';
import { StageCells, stageNames } from '../../components/StageCells.tsx';
import { checked, opened } from '../../state/app.ts';
import { liveCells, running } from '../../state/measure/profiling.ts';
import { Empty, Section } from '../frame/Section.tsx';
import { Compare } from './Compare.tsx';
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
          ? 'The cells that are measured so far, drawn once a second.'
          : 'Latency and throughput of every variant by batch size, cold first runs apart, and flags where a figure needs care.'
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
        'The first results appear once the models are loaded and their accuracy is measured.'
      ) : (
        <>
          Nothing is measured yet. <a href="#measure">Start a profile</a>, or drop a profile's file anywhere
          on this page.
        </>
      )}
    </Empty>
  );
}

function Live() {
  const { manifest, settings } = running.value!;
  return (
    <StageCells
      stages={stageNames(manifest.stages)}
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
      <p class="opened-profile">
        <strong>{profile.pipeline}</strong>, measured {date(profile.createdAt)}
      </p>
      <DeviceFacts device={profile.device} />
      <MeasuredOn pack={profile.pack} />
      <StageCells
        stages={stageNames(profile.stages)}
        cells={profile.cells}
        batches={profile.settings.batches}
        software={profile.device.adapter?.software ?? false}
        accuracies={profile.stages}
      />
      <Compare />
    </>
  );
}
