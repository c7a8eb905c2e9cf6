import { type CallName, calls, type Services } from '../shared/contract.ts';
import type { Reply } from '../shared/contract-bridge.ts';
import { KintsugiError } from '../shared/errors.ts';

/**
 * Answers one call of a screen: checks the name and the input against the contract, runs the
 * service, and turns every failure into data. Never throws, whatever it is sent.
 */
export async function answer(services: Services, name: unknown, input: unknown): Promise<Reply> {
  try {
    const known = knownName(name);
    const service = services[known] as (input: unknown) => Promise<unknown>;
    return { ok: true, value: await service(checkedInput(known, input)) };
  } catch (error) {
    return { ok: false, error: report(error) };
  }
}

function knownName(name: unknown): CallName {
  if (typeof name === 'string' && Object.hasOwn(calls, name)) return name as CallName;
  throw new KintsugiError('ARGUMENT_INVALID', 'There is no such call.', {
    next: 'Reload the window; if it happens again, report it.',
    field: 'name',
  });
}

function checkedInput(name: CallName, input: unknown): unknown {
  const parsed = calls[name].safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new KintsugiError('ARGUMENT_INVALID', `${name}: ${issue?.message}`, {
    next: 'Correct the value and try again.',
    field: issue?.path.join('.') || 'input',
  });
}

function report(error: unknown) {
  if (error instanceof KintsugiError) {
    const { code, message, next, file, field } = error;
    return { code, message, next, ...(file && { file }), ...(field && { field }) };
  }
  console.error(error);
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    next: 'This is a fault of Kintsugi: report it with this message.',
  };
}
