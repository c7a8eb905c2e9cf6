/**
 * The engine's intermediate representation: a flat list of nodes in single-assignment form, with
 * static shapes. A trace makes it, `checkGraph` verifies it, `onnx/` lowers it.
 */
export type Dtype =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint4'
  | 'bool';

export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

/** Bytes in memory, or a range of a file that the runtime maps instead of copying. */
export type ConstantData =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'file';
      /** Absolute path, symbolic links resolved. */
      readonly path: string;
      readonly offset: number;
      readonly length: number;
    };

export interface Constant {
  readonly value: Value;
  readonly data: ConstantData;
}

export type Attribute = number | readonly number[] | string;

/** Operations a graph may hold. Semantics are ONNX's unless a comment says otherwise. */
export type OpName =
  | 'Abs'
  | 'Add'
  | 'And'
  | 'ArgMax' // int32 result, axis dropped
  | 'Cast'
  | 'Concat'
  | 'Cos'
  | 'DequantizeLinear'
  | 'Div'
  | 'Equal'
  | 'Erf'
  | 'Exp'
  | 'Expand'
  | 'Gather'
  | 'Greater'
  | 'GreaterOrEqual'
  | 'Less'
  | 'LessOrEqual'
  | 'Log'
  | 'LogSoftmax'
  | 'MatMul' // attributes transA, transB swap the last two axes first
  | 'MatMulNBits'
  | 'Max'
  | 'Min'
  | 'Mul'
  | 'Neg'
  | 'Not'
  | 'OneHot' // depth and the two values are attributes
  | 'Or'
  | 'Pad'
  | 'Pow'
  | 'ReduceMax'
  | 'ReduceMean'
  | 'ReduceMin'
  | 'ReduceSum'
  | 'Reciprocal'
  | 'Relu'
  | 'Reshape'
  | 'RotaryEmbedding'
  | 'Sigmoid'
  | 'Sign'
  | 'Sin'
  | 'Slice' // attributes begin, size, one entry per axis
  | 'Softmax'
  | 'Sqrt'
  | 'Sub'
  | 'Tanh'
  | 'Tile'
  | 'Transpose'
  | 'Where';

export interface Node {
  readonly op: OpName;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
}

export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const BITS: Readonly<Record<Dtype, number>> = {
  float32: 32,
  float16: 16,
  bfloat16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint4: 4,
  bool: 8,
};

/** Bytes that a tensor takes; sub-byte types are packed. */
export const byteLength = (shape: readonly number[], dtype: Dtype): number =>
  Math.ceil((elements(shape) * BITS[dtype]) / 8);

/** Drops the nodes and constants that no output needs, keeping the order of the rest. */
export function prune(graph: Graph): Graph {
  const needed = new Set(Object.values(graph.outputs).map((value) => value.id));
  const nodes: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!needed.has(node.output.id)) continue;
    nodes.push(node);
    for (const input of node.inputs) needed.add(input.id);
  }
  nodes.reverse();
  return { ...graph, nodes, constants: graph.constants.filter((c) => needed.has(c.value.id)) };
}
