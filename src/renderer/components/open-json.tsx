import { Button, FileButton, Text } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import { KintsugiError } from '../../shared/errors.ts';
import { Failure } from '../notice.tsx';
import { reportOf } from '../use-call.ts';
import { DropBox } from './drop-box.tsx';

interface Props {
  /** What can be dropped: "Drop a recipe here, or". */
  readonly invitation: string;
  readonly button: string;
  /** Name of the file's field, for readers of the screen by ear. */
  readonly label: string;
  /** Takes what the file holds; what it throws is told with the file's name. */
  readonly open: (value: unknown) => unknown;
}

/** Opens a JSON file; what is wrong with it is said with its field. */
export function OpenJson({ invitation, button, label, open }: Props) {
  const [fault, setFault] = useState<ErrorReport>();
  const read = async (file: File | null) => {
    if (file === null) return;
    setFault(undefined);
    try {
      await open(parse(await file.text()));
    } catch (error) {
      setFault({ ...faultOf(error), file: file.name });
    }
  };
  return (
    <>
      <DropBox onFile={(file) => void read(file)}>
        <Text>{invitation}</Text>
        <FileButton onChange={read} accept=".json" inputProps={{ 'aria-label': label }}>
          {(props) => (
            <Button {...props} variant="default">
              {button}
            </Button>
          )}
        </FileButton>
      </DropBox>
      {fault && <Failure error={fault} />}
    </>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KintsugiError('RECIPE_INVALID', 'The recipe is not JSON.', {
      next: 'Correct the file, or make one here and save it.',
      cause,
    });
  }
}

function faultOf(error: unknown): ErrorReport {
  if (!(error instanceof KintsugiError)) return reportOf(error);
  const { code, message, next, field } = error;
  return { code, message, next, ...(field !== undefined && { field }) };
}
