import { Loader, Progress } from '@mantine/core';
import type { RunStage } from '../../shared/contract/runs.ts';
import { CheckIcon, CrossIcon } from '../components/icons.tsx';
import { formatDuration, formatRoughly, formatWholePercent } from '../format.ts';
import { describeStage } from './describe.ts';

const WORDS = { pending: 'to come', running: 'running', done: 'done', failed: 'failed' } as const;

/** What a run does, in order, and how far it is. */
export function Stages({
  stages,
  seeds,
  moving,
}: {
  stages: readonly RunStage[];
  seeds: number;
  /** Whether the run is being worked on now. */
  moving: boolean;
}) {
  return (
    <ol className="stages" aria-label="Stages">
      {stages.map((stage) => (
        <li key={stage.name} className={`stage ${stage.status}`}>
          <span className="stage-mark">
            <StageMark stage={stage} moving={moving} />
          </span>
          <span className="stage-name">
            {describeStage(stage.name, seeds)}
            <span className="visually-hidden">, {WORDS[stage.status]}</span>
            {stage.remark !== null && <span className="stage-remark">{stage.remark}</span>}
          </span>
          <span className="stage-time">{timeOf(stage, moving)}</span>
          {stage.status === 'running' && (
            <Progress
              className="stage-bar"
              size="sm"
              value={100 * stage.progress}
              aria-label={describeStage(stage.name, seeds)}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

function StageMark({ stage, moving }: { stage: RunStage; moving: boolean }) {
  switch (stage.status) {
    case 'done':
      return <CheckIcon size={18} />;
    case 'failed':
      return <CrossIcon size={18} />;
    case 'running':
      return moving ? <Loader size={14} aria-hidden="true" /> : <span className="dot" />;
    case 'pending':
      return <span className="dot" />;
  }
}

function timeOf(stage: RunStage, moving: boolean): string {
  if (stage.status === 'running') {
    const share = formatWholePercent(stage.progress);
    return moving && stage.secondsLeft !== null
      ? `${share} · ${formatRoughly(stage.secondsLeft)} left`
      : share;
  }
  if (stage.startedAt === null || stage.finishedAt === null) return '';
  return formatDuration(stage.finishedAt - stage.startedAt);
}
