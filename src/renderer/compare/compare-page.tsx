import type { PageProps } from '../app.tsx';
import { Empty } from '../notice.tsx';

export function ComparePage({ parts }: PageProps) {
  return <Empty title="Compare">{parts.join(' ')}</Empty>;
}
