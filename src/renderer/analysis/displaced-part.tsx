import { ASKED_FACTS } from '../../shared/chart/facts.ts';
import { recoveryInterval } from '../../shared/chart/interval.ts';
import type {
  ControlResult,
  Displacement,
  DisplacementKind,
  JudgedRepairs,
  TaskTitles,
} from '../../shared/results.ts';
import { taskTitle } from '../../shared/setting-words.ts';
import { BarChart } from '../charts/bar-chart.tsx';
import type { Series } from '../charts/series.ts';
import { Verdict } from '../components/verdict.tsx';
import { formatCount, formatWholePercent } from '../format.ts';
import { formatAccuracy } from '../runs/arms-table.tsx';
import { describeRecovery } from '../runs/describe.ts';
import type { LabelOf } from './label-of.ts';
import { NothingLost, Part } from './part.tsx';

const KINDS: Readonly<Record<DisplacementKind, { name: string; means: string }>> = {
  displaced: {
    name: 'displaced',
    means: 'facts that tuning never showed came back, so they were still in the weights',
  },
  forgotten: {
    name: 'forgotten',
    means: 'only the facts that tuning showed came back: they were learned anew',
  },
  'nothing-regained': {
    name: 'nothing regained',
    means: 'not even the tuned facts came back, so this repair says nothing',
  },
  undecided: { name: 'undecided', means: 'the intervals allow more than one reading' },
  untrustworthy: {
    name: 'untrustworthy',
    means: 'the control “regained” what it never knew, so the test measures something else',
  },
  'nothing-lost': { name: 'nothing lost', means: 'compression lost too little to ask' },
};

interface Props {
  readonly displaced: Displacement;
  readonly labelOf: LabelOf;
  readonly titles: TaskTitles | undefined;
}

export function DisplacedPart({ displaced, labelOf, titles }: Props) {
  const { words, overall, tasks, control } = displaced;
  return (
    <>
      <section className="card" aria-labelledby="displaced-verdict">
        <h2 className="visually-hidden" id="displaced-verdict">
          Verdict
        </h2>
        <Verdict words={words} />
      </section>
      <Part
        title="What came back"
        about="Repairs were tuned on one half of the facts and asked both halves. What comes back on facts never tuned on cannot have been taught: it was still in the weights. On the control, which never knew its facts, nothing may come back."
      >
        <Regained overall={overall} labelOf={labelOf} />
      </Part>
      <Part
        title="Task by task"
        about="The share of the lost accuracy that came back, with intervals that hold for all tasks together: a single task has few questions, so it is often undecided."
      >
        <VerdictTable
          tasks={{ 'all tasks': overall, ...tasks }}
          labelOf={labelOf}
          titles={titles}
        />
        <Meanings judged={[overall, ...Object.values(tasks)]} />
      </Part>
      {control && <ControlPart control={control} />}
    </>
  );
}

function Regained({ overall, labelOf }: { overall: JudgedRepairs; labelOf: LabelOf }) {
  const asked = overall.repairs.map(({ arm, unseen, seen, control }) => ({
    name: labelOf(arm),
    bars: [unseen, seen, control].map(recoveryInterval),
  }));
  // A series without a bar, as the control of a model that has none, would only stand in the legend.
  const drawn = ASKED_FACTS.map((_, i) => asked.some(({ bars }) => bars[i] !== null));
  const series: Series[] = ASKED_FACTS.map((facts) => ({ ...facts, key: facts.name, opacity: 1 }));
  if (!drawn.includes(true)) return <NothingLost />;
  return (
    <BarChart
      title="Share of the lost accuracy that came back"
      series={series.filter((_, i) => drawn[i])}
      groups={asked.map(({ name, bars }) => ({ name, bars: bars.filter((_, i) => drawn[i]) }))}
      format={formatWholePercent}
      label="recovered, 95% interval"
    />
  );
}

const COLUMNS = ['Never tuned on', 'Tuned on', 'Control', 'Verdict'] as const;

interface TableProps {
  readonly tasks: Readonly<Record<string, JudgedRepairs>>;
  readonly labelOf: LabelOf;
  readonly titles: TaskTitles | undefined;
}

function VerdictTable({ tasks, labelOf, titles }: TableProps) {
  return (
    <table className="table numbers verdicts">
      <caption className="visually-hidden">Verdict by task and repair</caption>
      <thead>
        <tr>
          <th scope="col">Repair</th>
          {COLUMNS.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      {Object.entries(tasks).map(([task, { repairs }]) => (
        <tbody key={task}>
          <tr>
            <th scope="rowgroup" colSpan={5} className="analysis-task">
              {taskTitle(titles, task)}
            </th>
          </tr>
          {repairs.map(({ arm, unseen, seen, control, kind }) => (
            <tr key={arm}>
              <th scope="row">{labelOf(arm)}</th>
              {[unseen, seen, control].map((recovery, i) => (
                <td key={COLUMNS[i]} data-label={COLUMNS[i]}>
                  {describeRecovery(recovery)}
                </td>
              ))}
              <td data-label={COLUMNS[3]}>
                <strong className={`finding ${kind}`}>{KINDS[kind].name}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

/** What the verdicts of the table mean; those that do not occur are left out. */
function Meanings({ judged }: { judged: readonly JudgedRepairs[] }) {
  const found = new Set(judged.flatMap(({ repairs }) => repairs.map(({ kind }) => kind)));
  return (
    <dl className="meanings">
      {[...found].map((kind) => (
        <div key={kind}>
          <dt>{KINDS[kind].name}</dt>
          <dd>{KINDS[kind].means}</dd>
        </div>
      ))}
    </dl>
  );
}

const CONTROLLED = {
  original: 'the original, which knows them',
  compressed: 'the control, compressed alike',
  prompt: 'with a prompt',
  lora: 'with LoRA',
} as const;

function ControlPart({ control: { questions, accuracy } }: { control: ControlResult }) {
  return (
    <Part
      title="The control"
      about={`A twin of the model, trained the same way but never told some of the facts: it is asked ${formatCount(questions)} of them, which its repairs were not tuned on either. If a repair brought them back here, it would not be finding but guessing.`}
    >
      <div className="table-scroll">
        <table className="table numbers">
          <caption className="visually-hidden">
            Accuracy on facts that the control never knew
          </caption>
          <thead>
            <tr>
              <th scope="col">Who is asked</th>
              <th scope="col">Accuracy</th>
            </tr>
          </thead>
          <tbody>
            {(['original', 'compressed', 'prompt', 'lora'] as const).map((arm) => (
              <tr key={arm}>
                <th scope="row">{CONTROLLED[arm]}</th>
                <td>{formatAccuracy(accuracy[arm])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  );
}
