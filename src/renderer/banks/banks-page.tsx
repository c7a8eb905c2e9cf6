import type { PageProps } from '../app.tsx';
import { Empty } from '../notice.tsx';

export function BanksPage({ parts }: PageProps) {
  return <Empty title="Prompt banks">{parts.join(' ')}</Empty>;
}
