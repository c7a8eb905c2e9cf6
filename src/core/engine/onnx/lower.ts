import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Attribute, Constant, Dtype, Graph, Node, OpName, Value } from '../graph/graph.ts';
import {
  type AttributeMessage,
  encodeModel,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from './schema.ts';

const ELEMENT_TYPE: Readonly<Record<Dtype, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
  uint4: 21,
};

const OPSET = 21; // the first with uint4 and blocked DequantizeLinear
const MICROSOFT = 'com.microsoft';

export interface LoweringOptions {
  /** False where FusedMatMul has no kernel (WebGPU): Transpose + MatMul instead. */
  readonly fusedMatMul: boolean;
  /** MatMulNBits: 0 computes in fp32, 4 quantises the activations to int8 (faster, ~5e-3 off). */
  readonly accuracyLevel: 0 | 4;
}

export interface LoweredModel {
  readonly bytes: Uint8Array;
  /** Folder that file-backed constants are relative to. */
  readonly externalFolder: string | undefined;
}

/** Marks an integral attribute as ONNX FLOAT: JavaScript can't tell 1.0 from 1. */
interface FloatAttribute {
  readonly float: number;
}
type AttributeValue = Attribute | FloatAttribute;

function attribute(name: string, value: AttributeValue): AttributeMessage {
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: 2, i: value };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: value };
}

const name = (value: Value): string => `v${value.id}`;

/** Emits ONNX nodes and the small constants they need. */
class Emitter {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: TensorMessage[] = [];
  readonly #constants = new Map<string, string>();
  #temporaries = 0;

  temporary(): string {
    return `t${this.#temporaries++}`;
  }

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): string {
    this.nodes.push({
      name: `n${this.nodes.length}`,
      domain,
      opType,
      input,
      output: [output],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return output;
  }

  #constant(key: string, make: (name: string) => TensorMessage): string {
    const known = this.#constants.get(key);
    if (known) return known;
    const id = `c${this.#constants.size}`;
    this.#constants.set(key, id);
    this.initializers.push(make(id));
    return id;
  }

  int64(values: readonly number[]): string {
    return this.#constant(`i${values.join(',')}`, (id) => {
      const data = BigInt64Array.from(values, BigInt);
      const rawData = new Uint8Array(data.buffer);
      return { name: id, dims: [values.length], dataType: ELEMENT_TYPE.int64, rawData };
    });
  }

  float32(values: readonly number[], dims: readonly number[]): string {
    return this.#constant(`f${dims}:${values.join(',')}`, (id) => {
      const rawData = new Uint8Array(Float32Array.from(values).buffer);
      return { name: id, dims, dataType: ELEMENT_TYPE.float32, rawData };
    });
  }
}

type Lowering = (emit: Emitter, node: Node, options: LoweringOptions) => void;

const list = (node: Node, key: string): readonly number[] => node.attributes[key] as number[];
const scalar = (node: Node, key: string): number => node.attributes[key] as number;

const direct =
  (opType: string): Lowering =>
  (emit, node) => {
    emit.node(opType, node.inputs.map(name), name(node.output), node.attributes);
  };

/** Since opset 18 the axes of reductions are an input. */
const reduction =
  (opType: string): Lowering =>
  (emit, node) => {
    const inputs = [name(node.inputs[0]!), emit.int64(list(node, 'axes'))];
    emit.node(opType, inputs, name(node.output), { keepdims: scalar(node, 'keepdims') });
  };

const swapLastAxes = (emit: Emitter, value: Value): string => {
  const rank = value.shape.length;
  const perm = value.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return emit.node('Transpose', [name(value)], emit.temporary(), { perm });
};

const matMul: Lowering = (emit, node, { fusedMatMul }) => {
  const [a, b] = node.inputs as [Value, Value];
  const transA = node.attributes['transA'] === 1;
  const transB = node.attributes['transB'] === 1;
  const output = name(node.output);
  if (!transA && !transB) emit.node('MatMul', [name(a), name(b)], output);
  else if (fusedMatMul) {
    const flags = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: 1 } };
    emit.node('FusedMatMul', [name(a), name(b)], output, flags, MICROSOFT);
  } else {
    const left = transA ? swapLastAxes(emit, a) : name(a);
    const right = transB ? swapLastAxes(emit, b) : name(b);
    emit.node('MatMul', [left, right], output);
  }
};

const toInt64 = (emit: Emitter, value: Value): string =>
  emit.node('Cast', [name(value)], emit.temporary(), { to: ELEMENT_TYPE.int64 });

const shaped =
  (opType: string): Lowering =>
  (emit, node) => {
    emit.node(opType, [name(node.inputs[0]!), emit.int64(node.output.shape)], name(node.output));
  };

/** Operations that ONNX spells differently; all others map one to one. */
const lowerings: Readonly<Partial<Record<OpName, Lowering>>> = {
  ArgMax: (emit, node) => {
    const index = emit.node('ArgMax', [name(node.inputs[0]!)], emit.temporary(), {
      axis: scalar(node, 'axis'),
      keepdims: 0,
    });
    emit.node('Cast', [index], name(node.output), { to: ELEMENT_TYPE.int32 });
  },
  Cast: (emit, node) => {
    const to = ELEMENT_TYPE[node.output.dtype];
    emit.node('Cast', [name(node.inputs[0]!)], name(node.output), { to });
  },
  Expand: shaped('Expand'),
  MatMul: matMul,
  MatMulNBits: (emit, node, { accuracyLevel }) => {
    const level = accuracyLevel === 0 ? {} : { accuracy_level: accuracyLevel };
    const attributes = { ...node.attributes, ...level };
    emit.node('MatMulNBits', node.inputs.map(name), name(node.output), attributes, MICROSOFT);
  },
  OneHot: (emit, node) => {
    const values = emit.float32([scalar(node, 'off'), scalar(node, 'on')], [2]);
    const inputs = [toInt64(emit, node.inputs[0]!), emit.int64([scalar(node, 'depth')]), values];
    emit.node('OneHot', inputs, name(node.output));
  },
  Pad: (emit, node) => {
    const pads = emit.int64([...list(node, 'before'), ...list(node, 'after')]);
    const value = emit.float32([scalar(node, 'value')], []);
    emit.node('Pad', [name(node.inputs[0]!), pads, value], name(node.output));
  },
  ReduceMax: reduction('ReduceMax'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMin: reduction('ReduceMin'),
  ReduceSum: reduction('ReduceSum'),
  Reshape: shaped('Reshape'),
  RotaryEmbedding: (emit, node) => {
    const [x, positions, cos, sin] = node.inputs as [Value, Value, Value, Value];
    const inputs = [name(x), toInt64(emit, positions), name(cos), name(sin)];
    emit.node('RotaryEmbedding', inputs, name(node.output), {}, MICROSOFT);
  },
  Slice: (emit, node) => {
    const begin = list(node, 'begin');
    const size = list(node, 'size');
    const shape = node.inputs[0]!.shape;
    const axes = shape.map((_, i) => i).filter((i) => begin[i] !== 0 || size[i] !== shape[i]);
    if (axes.length === 0) emit.node('Identity', [name(node.inputs[0]!)], name(node.output));
    else
      emit.node(
        'Slice',
        [
          name(node.inputs[0]!),
          emit.int64(axes.map((i) => begin[i]!)),
          emit.int64(axes.map((i) => begin[i]! + size[i]!)),
          emit.int64(axes),
        ],
        name(node.output),
      );
  },
  Tile: (emit, node) => {
    const inputs = [name(node.inputs[0]!), emit.int64(list(node, 'repeats'))];
    emit.node('Tile', inputs, name(node.output));
  },
};

/**
 * The runtime resolves locations of file-backed constants against one folder: that of most bytes.
 * What lies elsewhere is written into the model.
 */
function externalFolder(constants: readonly Constant[]): string | undefined {
  const bytes = new Map<string, number>();
  for (const { data } of constants) {
    if (data.kind !== 'file') continue;
    const folder = dirname(data.path);
    bytes.set(folder, (bytes.get(folder) ?? 0) + data.length);
  }
  return [...bytes].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

function readStretch({ path, offset, length }: Extract<Constant['data'], { kind: 'file' }>) {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    readSync(file, bytes, 0, length, offset);
    return bytes;
  } finally {
    closeSync(file);
  }
}

function initializer({ value, data }: Constant, folder: string | undefined): TensorMessage {
  const tensor = { name: name(value), dims: value.shape, dataType: ELEMENT_TYPE[value.dtype] };
  if (data.kind === 'bytes') return { ...tensor, rawData: data.bytes };
  if (dirname(data.path) !== folder) return { ...tensor, rawData: readStretch(data) };
  return {
    ...tensor,
    dataLocation: 1,
    externalData: [
      { key: 'location', value: basename(data.path) },
      { key: 'offset', value: String(data.offset) },
      { key: 'length', value: String(data.length) },
    ],
  };
}

const valueInfo = (id: string, value: Value): ValueInfoMessage => ({
  name: id,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPE[value.dtype],
      shape: { dim: value.shape.map((dimValue) => ({ dimValue })) },
    },
  },
});

/** Lowers a checked graph to an ONNX model (opset 21 and com.microsoft). */
export function lowerGraph(graph: Graph, options: LoweringOptions): LoweredModel {
  const emit = new Emitter();
  const inputs = Object.entries(graph.inputs);
  for (const [input, value] of inputs) emit.node('Identity', [`in.${input}`], name(value));
  for (const node of graph.nodes) (lowerings[node.op] ?? direct(node.op))(emit, node, options);
  const outputs = Object.entries(graph.outputs);
  for (const [output, value] of outputs) emit.node('Identity', [name(value)], `out.${output}`);
  const folder = externalFolder(graph.constants);
  const bytes = encodeModel({
    irVersion: 10,
    producerName: 'kintsugi',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: MICROSOFT, version: 1 },
    ],
    graph: {
      name: graph.name,
      node: emit.nodes,
      initializer: [
        ...graph.constants.map((constant) => initializer(constant, folder)),
        ...emit.initializers,
      ],
      input: inputs.map(([input, value]) => valueInfo(`in.${input}`, value)),
      output: outputs.map(([output, value]) => valueInfo(`out.${output}`, value)),
    },
  });
  return { bytes, externalFolder: folder };
}
