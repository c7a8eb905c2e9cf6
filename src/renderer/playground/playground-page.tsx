import type { PageProps } from '../app.tsx';
import { Empty } from '../notice.tsx';

export function PlaygroundPage({ parts }: PageProps) {
  return <Empty title="Playground">{parts.join(' ')}</Empty>;
}
