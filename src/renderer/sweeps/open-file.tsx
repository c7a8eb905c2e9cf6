import { Button, FileButton, Text } from '@mantine/core';
import { useState } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import type { Sweep } from '../../shared/sweep.ts';
import { DropBox } from '../components/drop-box.tsx';
import { Failure } from '../notice.tsx';
import { reportOf, useClient } from '../use-call.ts';

/** Opens a sweep's file; what is wrong with it is said with its field. */
export function OpenFile({ opened }: { opened: (sweep: Sweep) => void }) {
  const client = useClient();
  const [fault, setFault] = useState<ErrorReport>();
  const open = async (file: File | null | undefined) => {
    if (!file) return;
    setFault(undefined);
    try {
      const sweep = parse(await file.text());
      if (sweep === undefined) setFault(notJson(file.name));
      else opened((await client.call('sweeps.check', { sweep })).sweep);
    } catch (error) {
      setFault({ ...reportOf(error), file: file.name });
    }
  };
  return (
    <>
      <DropBox onFile={(file) => void open(file)}>
        <Text>Drop a recipe of a sweep here, or</Text>
        <FileButton onChange={open} accept=".json" inputProps={{ 'aria-label': 'Recipe file' }}>
          {(props) => (
            <Button {...props} variant="default">
              Open a recipe
            </Button>
          )}
        </FileButton>
      </DropBox>
      {fault && <Failure error={fault} />}
    </>
  );
}

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const notJson = (file: string): ErrorReport => ({
  code: 'RECIPE_INVALID',
  message: 'The recipe is not JSON.',
  next: 'Correct the file, or make a new sweep here and save it.',
  file,
});
