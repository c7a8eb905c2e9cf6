import { Button, Group, Text, Title } from '@mantine/core';
import { type ComponentType, useEffect, useRef } from 'react';
import { FULL_ANALYSIS } from '../../shared/presets.ts';
import { CheckIcon } from '../components/icons.tsx';
import { Failure, Waiting } from '../notice.tsx';
import { goTo, hrefTo } from '../shell/pages.ts';
import { useCall } from '../use-call.ts';
import type { PageProps } from '../use-route.ts';
import { CareStep } from './care-step.tsx';
import { CompareStep } from './compare-step.tsx';
import { CompressStep } from './compress-step.tsx';
import { Cost } from './cost.tsx';
import { FIRST, setDraft, updateDraft, useDraft, withLimits, withRecipe } from './draft.ts';
import { ModelStep } from './model-step.tsx';
import { StartStep } from './start-step.tsx';
import { STEPS, type StepName, stepIndex } from './steps.ts';
import { TuneStep } from './tune-step.tsx';

const SCREENS: Readonly<
  Record<StepName, { Screen: ComponentType; question: string; why: string }>
> = {
  model: {
    Screen: ModelStep,
    question: 'Which model do you want to shrink?',
    why: 'It is checked before it is accepted, and never changed: the compressed model is a copy.',
  },
  care: {
    Screen: CareStep,
    question: 'How much care should the repair take?',
    why: 'More steps and more questions give surer numbers, and take longer. Everything can be changed on the next screens.',
  },
  compress: {
    Screen: CompressStep,
    question: 'How small should it become?',
    why: 'Fewer bits for each weight, or zeros in place of some: the more of it, the more is forgotten.',
  },
  tune: {
    Screen: TuneStep,
    question: 'How should it be mended?',
    why: 'Soft prompts are tuned on training questions; the weights stay as they are. A LoRA adapter is tuned too, to compare with.',
  },
  compare: {
    Screen: CompareStep,
    question: 'What should it still know?',
    why: 'The original, the compressed and the mended models answer the same held-out questions, which no prompt was tuned on.',
  },
  start: {
    Screen: StartStep,
    question: 'Ready to start?',
    why: 'The recipe is frozen with the run, so that its numbers can always be traced to it.',
  },
};

/** `#/new/<step>`; `#/new/like/<id>` begins with the recipe of another run, `…/analysed` with its analysis too. */
export function WizardPage({ parts: [step, id, how] }: PageProps) {
  if (step === 'like' && id !== undefined) return <LikeRun id={id} analysed={how === 'analysed'} />;
  return <Wizard step={stepIndex(step)} />;
}

function Wizard({ step }: { step: number }) {
  useLimits();
  const { name } = STEPS[step] ?? STEPS[0];
  const { Screen, question, why } = SCREENS[name];
  const heading = useRef<HTMLHeadingElement>(null);
  const last = useRef(step);
  useEffect(() => {
    if (last.current !== step) heading.current?.focus();
    last.current = step;
  }, [step]);
  return (
    <div className="page wizard">
      <StepList current={step} />
      <div className="wizard-split">
        <div className="wizard-main">
          <Title order={1} size="h2" ref={heading} tabIndex={-1} className="quiet-focus">
            {question}
          </Title>
          <Text c="dimmed" maw="42rem" mb="lg">
            {why}
          </Text>
          <Screen />
          {name !== 'start' && <StepButtons step={step} />}
        </div>
        {name !== 'start' && <Cost />}
      </div>
    </div>
  );
}

/** Finds out what the draft's model can take, whichever screen was opened first. */
function useLimits(): void {
  const { draft } = useDraft();
  const { model } = draft.recipe;
  const { called } = useCall('models.check', { path: model });
  const info = called.state === 'ready' ? called.value : undefined;
  useEffect(() => {
    if (info === undefined || draft.limits !== null) return;
    updateDraft((now) => (now.recipe.model === model ? withLimits(now, info) : now));
  }, [info, draft, model]);
}

function StepList({ current }: { current: number }) {
  return (
    <nav aria-label="Steps">
      <ol className="steps">
        {STEPS.map(({ name, title }, i) => (
          <li key={name} className={i < current ? 'past' : undefined}>
            <a href={hrefTo('new', name)} aria-current={i === current ? 'step' : undefined}>
              <span className="step-number" aria-hidden="true">
                {i < current ? <CheckIcon size={14} /> : i + 1}
              </span>
              {title}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function StepButtons({ step }: { step: number }) {
  const to = (index: number) => goTo('new', STEPS[index]?.name ?? 'model');
  return (
    <Group className="step-buttons" gap="sm">
      {step > 0 && (
        <Button variant="default" onClick={() => to(step - 1)}>
          Back
        </Button>
      )}
      <Button onClick={() => to(step + 1)}>Continue</Button>
      {step < STEPS.length - 2 && (
        <Button variant="subtle" onClick={() => to(STEPS.length - 1)}>
          Skip to the start
        </Button>
      )}
    </Group>
  );
}

function LikeRun({ id, analysed }: { id: string; analysed: boolean }) {
  const { called, retry } = useCall('runs.duplicate', { id });
  useEffect(() => {
    if (called.state !== 'ready') return;
    const { recipe, name } = called.value;
    const wanted = analysed ? { ...recipe, analysis: FULL_ANALYSIS } : recipe;
    setDraft({ ...withRecipe(FIRST, wanted), name });
    window.location.replace(hrefTo('new', 'start'));
  }, [called, analysed]);
  return called.state === 'failed' ? <Failure error={called.error} retry={retry} /> : <Waiting />;
}
