import type { Graph, Node, Value } from './graph.ts';

const type = (value: Value): string => `${value.dtype}[${value.shape.join(',')}]`;

function attributes(node: Node): string {
  const entries = Object.entries(node.attributes);
  if (entries.length === 0) return '';
  const text = entries.map(([k, v]) => `${k}=${typeof v === 'object' ? `[${v.join(',')}]` : v}`);
  return ` {${text.join(' ')}}`;
}

/**
 * One line per input, constant, node and output. Values are numbered in order of appearance, so the
 * text does not depend on what pruning removed.
 */
export function printGraph(graph: Graph): string {
  const names = new Map<number, string>();
  const define = (value: Value) => {
    const name = `%${names.size}`;
    names.set(value.id, name);
    return name;
  };
  const lines = [`graph ${graph.name}`];
  for (const [name, value] of Object.entries(graph.inputs))
    lines.push(`  ${define(value)} = input ${name}: ${type(value)}`);
  for (const { value, data } of graph.constants) {
    const where = data.kind === 'file' ? ` file+${data.offset}` : '';
    lines.push(`  ${define(value)} = constant: ${type(value)}${where}`);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((v) => names.get(v.id) ?? '?').join(', ');
    lines.push(
      `  ${define(node.output)} = ${node.op}(${inputs})${attributes(node)}: ${type(node.output)}`,
    );
  }
  for (const [name, value] of Object.entries(graph.outputs))
    lines.push(`  output ${name} = ${names.get(value.id) ?? '?'}`);
  return lines.join('\n');
}
