import { Anchor, Group, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import type { ComparedRun } from '../../shared/contract/compare.ts';
import type { ArmRecovery } from '../../shared/results.ts';
import { armClass } from '../charts/palette.ts';
import { ScatterChart } from '../charts/scatter-chart.tsx';
import { Verdict } from '../components/verdict.tsx';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatPercent,
  formatWholePercent,
} from '../format.ts';
import { Empty } from '../notice.tsx';
import { hrefTo } from '../shell/pages.ts';
import { BankArmActions } from './bank-arm-actions.tsx';
import { accuracyAgainst, type ComparedArm, comparedArms } from './compared-arms.ts';
import { Provenance } from './provenance.tsx';

const MOST_DETAIL = 100;

/** The verdict of every run in words, then its arms, then what accuracy costs. */
export function Summary({ runs }: { runs: readonly ComparedRun[] }) {
  const arms = useMemo(() => comparedArms(runs), [runs]);
  if (arms.length === 0) return <NoResults />;
  return (
    <>
      {runs.map((run) => (
        <section key={run.id} className="compared-run">
          <Title order={2} size="h4">
            <Anchor href={hrefTo('runs', run.id)} inherit>
              {run.name}
            </Anchor>
          </Title>
          {run.outcome && (
            <Anchor href={hrefTo('runs', run.id, 'analysis')} size="sm">
              Forgotten or displaced? See the analysis
            </Anchor>
          )}
          {run.outcome && <Verdict words={run.outcome.results.verdict} />}
          <ul className="arm-cards">
            {arms
              .filter((arm) => arm.run === run)
              .map((arm) => (
                <ArmCard key={arm.series.key} arm={arm} />
              ))}
          </ul>
        </section>
      ))}
      <Costs arms={arms} />
    </>
  );
}

export function NoResults() {
  return (
    <Empty title="No results yet">
      These runs have not compared their arms. The comparison is the last stage of a run.
    </Empty>
  );
}

function Costs({ arms }: { arms: readonly ComparedArm[] }) {
  return (
    <div className="chart-pair">
      <div className="card">
        <ScatterChart
          title="Accuracy against memory"
          points={accuracyAgainst(arms, ({ result }) => result.bytesInMemory)}
          xLabel="weights and additions in memory"
          yLabel="mean accuracy, 95% interval"
          formatX={formatBytes}
          formatY={formatWholePercent}
        />
      </div>
      <div className="card">
        <ScatterChart
          title="Accuracy against time"
          points={accuracyAgainst(arms, ({ milliseconds }) => milliseconds)}
          xLabel="milliseconds per input, on this machine"
          yLabel="mean accuracy, 95% interval"
          formatX={(value) => (value < MOST_DETAIL ? formatDecimal(value) : formatCount(value))}
          formatY={formatWholePercent}
        />
      </div>
    </div>
  );
}

function ArmCard({ arm: { run, result, milliseconds } }: { arm: ComparedArm }) {
  const { arm, mean, recovery, perplexity, extraParameters } = result;
  const facts: readonly (readonly [string, string])[] = [
    ['Perplexity', formatDecimal(perplexity)],
    ['Extra parameters', formatCount(extraParameters)],
    ['On disk', formatBytes(result.bytesOnDisk)],
    ['In memory', formatBytes(result.bytesInMemory)],
    ['Per input', milliseconds === null ? '–' : `${formatDecimal(milliseconds)} ms`],
  ];
  return (
    <li className={`card arm-card ${armClass(arm.id)}`}>
      <Text fw={600}>{arm.label}</Text>
      <p className="arm-accuracy">
        {formatPercent(mean.mean)}
        {mean.standardError !== null && <small> ± {formatPercent(mean.standardError)}</small>}
      </p>
      <Text size="sm" c="dimmed" className="arm-recovery">
        {describeRecovery(recovery)}
      </Text>
      <dl className="arm-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Group gap="sm" justify="space-between" wrap="nowrap" mt="auto">
        <Provenance arm={arm} seeds={run.outcome?.results.seeds ?? []} />
        <BankArmActions runId={run.id} arm={arm} />
      </Group>
    </li>
  );
}

/** One line at most: cards stand side by side. */
function describeRecovery(recovery: ArmRecovery | null): string {
  if (recovery === null) return 'mean accuracy over tasks';
  switch (recovery.kind) {
    case 'nothing-lost':
      return 'nothing was lost';
    case 'unbounded':
      return `recovered ${formatWholePercent(recovery.share)}; too little lost for an interval`;
    case 'recovered': {
      const { low, high } = recovery.interval;
      return `recovered ${formatWholePercent(recovery.share)} of the loss (${formatWholePercent(low)} to ${formatWholePercent(high)})`;
    }
  }
}
