import './banks.css';
import { BankList } from './bank-list.tsx';
import { BankPanel } from './bank-panel.tsx';

/** The library of prompt banks, or one of them. */
export function BanksPage({ parts: [id] }: { readonly parts: readonly string[] }) {
  return id === undefined ? <BankList /> : <BankPanel key={id} id={id} />;
}
