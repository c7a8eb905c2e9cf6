import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { reportError } from '../../../src/main/report-error.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Every place of the source that says what to do next, and every text in it. */
function nextSteps() {
  const steps: { where: string; text: string | null }[] = [];
  const strings = new Set<string>();
  for (const name of globSync('src/**/*.{ts,tsx}', { cwd: ROOT })) {
    const file = ts.createSourceFile(name, readFileSync(join(ROOT, name), 'utf8'), 99, true);
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteral(node) && name !== join('src', 'shared', 'errors.ts'))
        strings.add(node.text);
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'next')
        for (const text of texts(node.initializer)) steps.push({ where: name, text });
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { steps, strings };
}

/** What an expression can be, as far as it is written there; gaps of templates become "…". */
function texts(node: ts.Expression): readonly (string | null)[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  if (ts.isConditionalExpression(node)) return [...texts(node.whenTrue), ...texts(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return texts(node.right);
  return [null];
}

const { steps, strings } = nextSteps();
const written = steps.flatMap(({ where, text }) => (text === null ? [] : [{ where, text }]));

it('says what to do next in a sentence, wherever an error is made', () => {
  expect(written.length).toBeGreaterThan(100);
  expect(written.filter(({ text }) => !/^\S.{8,}[.…]$/s.test(text))).toEqual([]);
});

it('has no code that nothing throws', () => {
  const errors = readFileSync(join(ROOT, 'src/shared/errors.ts'), 'utf8');
  const codes = [...errors.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !strings.has(code))).toEqual([]);
});

it('gives a next step to faults that are nobody’s, too', () => {
  for (const fault of [new Error('broken'), 'broken', undefined])
    expect(reportError(fault)).toMatchObject({
      code: 'INTERNAL',
      next: expect.stringMatching(/./),
    });
});
