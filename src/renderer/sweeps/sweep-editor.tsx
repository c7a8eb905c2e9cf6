import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { baseOf, type Sweep } from '../../shared/sweep.ts';
import { PageHeader } from '../components/page-header.tsx';
import { formatRoughly } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { saveJson } from '../save-file.ts';
import { goTo } from '../shell/pages.ts';
import { useAction, useCall } from '../use-call.ts';
import { Expert } from '../wizard/settings.tsx';
import { Common, Seeds } from './common.tsx';
import { toJson, withOptions } from './draft.ts';
import { Compressions, Evaluations, Selectors, Tunings } from './option-lists.tsx';

interface Props {
  readonly sweep: Sweep;
  readonly change: (sweep: Sweep) => void;
}

/** How long the form must rest before its runs are worked out. */
const REST_MS = 400;

export function SweepEditor({ sweep, change }: Props) {
  const act = useAction();
  const [busy, setBusy] = useState(false);
  const [rested] = useDebouncedValue(sweep, REST_MS);
  const { called, retry } = useCall('sweeps.check', { sweep: toJson(rested) });
  const { selector, evaluation, seed, repeats } = sweep.vary;
  const base = baseOf(sweep);
  const variesMore = [selector, evaluation, seed, repeats].some((options) => options !== undefined);
  const start = async () => {
    setBusy(true);
    const started = await act('sweeps.start', { sweep }, ['sweeps.list', 'runs.list']);
    setBusy(false);
    if (started !== undefined) goTo('sweeps', started.id);
  };
  return (
    <div className="page sweeps">
      <PageHeader
        title="New sweep"
        actions={
          <>
            <Button variant="default" onClick={() => saveJson(sweep.name, sweep)}>
              Save recipe
            </Button>
            <Button
              loading={busy}
              disabled={called.state !== 'ready' || rested !== sweep}
              onClick={start}
            >
              Start sweep
            </Button>
          </>
        }
      >
        Every combination of what stands below is a run.
      </PageHeader>
      <Common sweep={sweep} change={change} />
      <Compressions
        base={base}
        options={sweep.vary.compression ?? []}
        change={(options) => change(withOptions(sweep, 'compression', options))}
      />
      <Tunings
        base={base}
        options={sweep.vary.tuning ?? []}
        change={(options) => change(withOptions(sweep, 'tuning', options))}
      />
      <Expert title="Selectors, questions and seeds" opened={variesMore} parts>
        <div className="sweeps">
          <Selectors
            options={sweep.vary.selector ?? []}
            change={(options) => change(withOptions(sweep, 'selector', options))}
          />
          <Evaluations
            options={sweep.vary.evaluation ?? []}
            change={(options) => change(withOptions(sweep, 'evaluation', options))}
          />
          <Seeds sweep={sweep} change={change} />
        </div>
      </Expert>
      {called.state === 'waiting' && <Waiting what="Working out the runs…" />}
      {called.state === 'failed' && <Failure error={called.error} retry={retry} />}
      {called.state === 'ready' && (
        <section className="card" aria-label="Runs">
          <h2 className="card-title">
            {`${counted(called.value.labels.length)}, ${formatRoughly(called.value.seconds)}`}
          </h2>
          <ul>
            {called.value.labels.map((label) => (
              <li key={label}>{label}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const counted = (runs: number) => (runs === 1 ? '1 run' : `${runs} runs`);
