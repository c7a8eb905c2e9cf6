import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import type { ErrorReport } from '../../shared/contract/common.ts';
import { Failure } from '../notice.tsx';
import { reportOf } from '../use-call.ts';

interface State {
  readonly error: ErrorReport | null;
}

/** A fault of ours in one page leaves the rest of the workbench standing. */
export class PageErrors extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: reportOf(error) };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <Failure
        error={this.state.error}
        action={
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      />
    );
  }
}
