import type { Benchmark } from './benchmark.ts';
import { arcChallenge, arcEasy, mmlu, mmluSubjects, sciq, triviaqa, webqs } from './knowledge.ts';
import { boolq, hellaswag, lambada, openbookqa, piqa, winogrande } from './reasoning.ts';

/** The tasks of lm-evaluation-harness that Kintsugi measures with; add one here. */
export const BENCHMARKS: readonly Benchmark[] = [
  arcEasy,
  arcChallenge,
  sciq,
  webqs,
  triviaqa,
  piqa,
  hellaswag,
  openbookqa,
  lambada,
  winogrande,
  boolq,
  mmlu,
];

const byName = new Map([...BENCHMARKS, ...mmluSubjects].map((one) => [one.name, one]));

/** A benchmark by its name, `mmlu_anatomy` and the like included. */
export const findBenchmark = (name: string): Benchmark | undefined => byName.get(name);
