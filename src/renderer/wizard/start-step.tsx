import { Alert, Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { describeCompression } from '../../shared/compression.ts';
import type { RunEstimate } from '../../shared/contract/wizard.ts';
import { modelName } from '../../shared/model-name.ts';
import type { Recipe } from '../../shared/recipe.ts';
import { defaultRunName } from '../../shared/run-name.ts';
import { formatBytes, formatCount, formatRoughly } from '../format.ts';
import { Failure, Waiting } from '../notice.tsx';
import { saveJson } from '../save-file.ts';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useAction } from '../use-call.ts';
import { FitBadge, useEstimate } from './cost.tsx';
import { setDraft, useDraft } from './draft.ts';
import { Refused } from './refused.tsx';
import type { StepName } from './steps.ts';

export function StartStep() {
  const { draft, recipe } = useDraft();
  const { called, retry } = useEstimate();
  return (
    <div className="page">
      <Summary recipe={recipe} />
      {called.state === 'waiting' && <Waiting what="Estimating…" />}
      {called.state === 'failed' && (
        <Failure
          error={called.error}
          retry={retry}
          action={
            <Button component="a" size="xs" variant="default" href={hrefTo('new', 'model')}>
              Change the model
            </Button>
          }
        />
      )}
      {called.state === 'ready' && <Itemised estimate={called.value} />}
      <TextInput
        label="Name"
        description="To find the run again; it can be changed later."
        placeholder={defaultRunName(recipe)}
        maxLength={120}
        maw="36rem"
        value={draft.name}
        onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
      />
      {called.state === 'ready' && called.value.refusal && (
        <Refused refusal={called.value.refusal} />
      )}
      {called.state === 'ready' && <StartButtons estimate={called.value} />}
    </div>
  );
}

function StartButtons({ estimate }: { estimate: RunEstimate }) {
  const act = useAction();
  const { draft } = useDraft();
  const [starting, setStarting] = useState(false);
  const short = estimate.memory.fit === 'wont-fit' || estimate.disk.fit === 'wont-fit';
  const start = async () => {
    setStarting(true);
    const name = draft.name.trim();
    const run = await act(
      'runs.start',
      { recipe: draft.recipe, ...(name === '' ? {} : { name }), ...(short ? { force: true } : {}) },
      ['runs.list'],
    );
    setStarting(false);
    if (run === undefined) return;
    setDraft({ ...draft, name: '' });
    goTo('runs', run.id);
  };
  return (
    <>
      {short && (
        <Alert color="red" title="This machine is too small for this recipe" role="alert">
          The run would probably be ended half-way. Fewer tokens per sample, a smaller batch or a
          smaller model need less; closing other programs gives more.
        </Alert>
      )}
      <Group gap="sm">
        <Button variant="default" onClick={() => goTo('new', 'compare')}>
          Back
        </Button>
        <Button onClick={start} loading={starting} disabled={estimate.refusal !== null} size="md">
          {short ? 'Start all the same' : 'Start the repair'}
        </Button>
        <Button
          variant="subtle"
          onClick={() => saveJson(draft.name || defaultRunName(draft.recipe), draft.recipe)}
        >
          Save recipe
        </Button>
      </Group>
    </>
  );
}

function Summary({ recipe }: { recipe: Recipe }) {
  const { compression, tuning, evaluation, repeats } = recipe;
  const tasks =
    evaluation.tasks === 'all' ? 'all starter tasks' : `${evaluation.tasks.length} tasks`;
  const rows: readonly (readonly [name: string, value: string, step: StepName])[] = [
    ['Model', modelName(recipe.model), 'model'],
    ['Compress', describeCompression(compression), 'compress'],
    [
      'Tune',
      `${tuning.bank.count === 'auto' ? 'as many prompts as there are kinds of input,' : `${tuning.bank.count} prompts`} of ${tuning.tokens} tokens, ${formatCount(tuning.steps)} steps each`,
      'tune',
    ],
    [
      'Compare',
      `${tasks}, up to ${formatCount(evaluation.itemsPerTask)} questions each, ${repeats === 1 ? 'one seed' : `${repeats} seeds`}`,
      'compare',
    ],
    ['Find out', describeAnalysis(recipe.analysis), 'compare'],
  ];
  return (
    <section className="card" aria-label="Recipe">
      <dl className="summary">
        {rows.map(([name, value, step]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
            <dd>
              <a href={hrefTo('new', step)} aria-label={`Change ${name.toLowerCase()}`}>
                Change
              </a>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function describeAnalysis(analysis: Recipe['analysis']): string {
  const parts = [
    analysis?.displaced && 'what was forgotten or displaced',
    analysis?.similarity && 'how alike they work inside',
    analysis?.restore && 'where the damage sits',
  ].filter(Boolean);
  return parts.join(', ') || 'nothing beside the comparison';
}

/** Every item of the estimate, against what the machine has. */
function Itemised({ estimate: { time, memory, disk } }: { estimate: RunEstimate }) {
  return (
    <div className="grid-3">
      <section className="card" aria-labelledby="cost-time">
        <h2 className="card-title" id="cost-time">
          {capitalised(formatRoughly(time.seconds))}
        </h2>
        <dl className="pairs">
          {time.items.map(({ name, seconds }) => (
            <div className="pair" key={name}>
              <dt>{name}</dt>
              <dd>{formatRoughly(seconds)}</dd>
            </div>
          ))}
        </dl>
        <p className="cost-note">
          {time.from === 'measured'
            ? 'Scaled from an earlier run on this machine.'
            : 'Guessed for an ordinary processor; your first run makes it a measurement.'}
        </p>
      </section>
      <NeedCard id="cost-memory" title="memory" need={memory} />
      <NeedCard id="cost-disk" title="disk" need={disk} />
    </div>
  );
}

function NeedCard({ id, title, need }: { id: string; title: string; need: RunEstimate['memory'] }) {
  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        {formatBytes(need.total)} of {title} <FitBadge need={need} />
      </h2>
      <dl className="pairs">
        {need.items.map(({ name, bytes }) => (
          <div className="pair" key={name}>
            <dt>{name}</dt>
            <dd>{formatBytes(bytes)}</dd>
          </div>
        ))}
      </dl>
      <p className="cost-note">{formatBytes(need.available)} available.</p>
    </section>
  );
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
