import { Anchor, Button } from '@mantine/core';
import type { RunDetail } from '../../shared/contract/runs.ts';
import type { RunAnalysis, RunResults } from '../../shared/results.ts';
import { PageHeader } from '../components/page-header.tsx';
import { Empty, Failure, Waiting } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import { DisplacedPart } from './displaced-part.tsx';
import { DamagePart, InsidesPart } from './insides-part.tsx';
import type { LabelOf } from './label-of.ts';
import { AlonePart, ChoicesPart } from './prompts-part.tsx';
import './analysis.css';

/** What was found out about one run beside its comparison. */
export function AnalysisPage({ id }: { id: string }) {
  const { called, retry } = useCall('runs.show', { id });
  if (called.state === 'waiting') return <Waiting />;
  return (
    <div className="page">
      <PageHeader
        title="Forgotten or displaced?"
        actions={
          <Button component="a" href={hrefTo('runs', id)} variant="default">
            Back to the run
          </Button>
        }
      >
        {called.state === 'ready' && (
          <>
            <Anchor href={hrefTo('runs', id)} underline="always">
              {called.value.name}
            </Anchor>
            : whether what compression lost is gone from the weights, or only out of reach.
          </>
        )}
      </PageHeader>
      {called.state === 'failed' ? (
        <Failure error={called.error} retry={retry} />
      ) : (
        <Found run={called.value} />
      )}
    </div>
  );
}

function Found({ run: { id, outcome, recipe } }: { run: RunDetail }) {
  if (outcome === null) {
    return (
      <Empty title="Nothing has been found out yet">
        The analysis stands here once the run has compared its arms.
      </Empty>
    );
  }
  const { analysis } = outcome.results;
  return (
    <>
      {!isAnalysed(analysis) && <NotAnalysed id={recipe === null ? null : id} />}
      {analysis && <Parts analysis={analysis} results={outcome.results} />}
    </>
  );
}

const isAnalysed = (analysis: RunAnalysis | undefined): boolean =>
  analysis !== undefined &&
  [analysis.displaced, analysis.similarity, analysis.restored].some((part) => part !== null);

/** @param id of the run to copy; null where its recipe is not understood */
function NotAnalysed({ id }: { id: string | null }) {
  const again = id !== null && (
    <Button component="a" href={hrefTo('new', 'like', id, 'analysed')}>
      Repeat it with the analysis
    </Button>
  );
  return (
    <section className="card">
      <Empty title="This run was made without the analysis" action={again}>
        With it, a run also asks the facts that were tuned on, looks at attention and activations
        block by block, and puts original blocks back one at a time. A copy of this run can do that;
        this one stays as it is.
      </Empty>
    </section>
  );
}

function Parts({ analysis, results }: { analysis: RunAnalysis; results: RunResults }) {
  const { displaced, similarity, restored, choices, prompts } = analysis;
  const labels = new Map<string, string>(results.arms.map(({ arm }) => [arm.id, arm.label]));
  const labelOf: LabelOf = (arm) => labels.get(arm) ?? arm;
  const meanOf = (id: string) => results.arms.find(({ arm }) => arm.id === id)?.mean.mean ?? null;
  return (
    <>
      {displaced && (
        <DisplacedPart displaced={displaced} labelOf={labelOf} titles={results.taskTitles} />
      )}
      {similarity && <InsidesPart similarity={similarity} labelOf={labelOf} />}
      {restored && <DamagePart restored={restored} />}
      <ChoicesPart choices={choices} titles={results.taskTitles} />
      <AlonePart
        prompts={prompts}
        original={meanOf('original')}
        compressed={meanOf('compressed')}
      />
    </>
  );
}
