import type { Graph, Node, Value } from './graph.ts';

/**
 * Puts nodes that read only constants (weights being widened) before all others. The runtime walks
 * back from the outputs and, of a node's inputs, first makes the one that stands last: like this
 * each is made right before its use, and otherwise all of them before anything else.
 */
export function constantsFirst(graph: Graph): Graph {
  const { early, late } = split(graph);
  return { ...graph, nodes: [...early, ...late] };
}

/**
 * Also makes them anew for every use, so that none stays in memory from a forward pass to its
 * gradient.
 */
export function constantsPerUse(graph: Graph): Graph {
  const { early, late } = split(graph);
  const makers = new Map(early.map((node) => [node.output.id, node]));
  let next = Math.max(...graph.nodes.map(({ output }) => output.id)) + 1;
  const made: Node[] = [];
  const own = (input: Value): Value => {
    const maker = makers.get(input.id);
    if (maker === undefined) return input;
    const output = { ...input, id: next++ };
    made.push({ ...maker, output });
    return output;
  };
  const users = late.map((node) => ({ ...node, inputs: node.inputs.map(own) }));
  const asked = new Set(Object.values(graph.outputs).map(({ id }) => id));
  const kept = early.filter(({ output }) => asked.has(output.id));
  return { ...graph, nodes: [...kept, ...made, ...users] };
}

function split({ nodes, constants }: Graph) {
  const constant = new Set(constants.map(({ value }) => value.id));
  const isEarly = ({ inputs }: Node) =>
    inputs.length > 0 && inputs.every(({ id }) => constant.has(id));
  const { early = [], late = [] } = Object.groupBy(nodes, (node) =>
    isEarly(node) ? 'early' : 'late',
  );
  return { early, late };
}
