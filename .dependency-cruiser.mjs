// The layers of ARCHITECTURE.md. Imports point down only; tests/unit/repo/layers.test.ts plants one
// violation of each rule and expects this file to catch it.

/** src/core in data-flow order: a folder may import the ones before it. */
const CORE_ORDER = [
  'checkpoint',
  'data',
  'tokenizer',
  'engine',
  'models',
  'compress',
  'tune',
  'select',
  'evaluate',
  'generate',
  'analyse',
  'export',
];

const anyOf = (names) => `(?:${names.join('|')})`;

const coreOrder = CORE_ORDER.slice(0, -1).map((folder, position) => ({
  name: `core-order-${folder}`,
  comment: `src/core/${folder} comes before ${CORE_ORDER.slice(position + 1).join(', ')}`,
  severity: 'error',
  from: { path: `^src/core/${folder}/` },
  to: { path: `^src/core/${anyOf(CORE_ORDER.slice(position + 1))}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'shared-is-the-bottom',
      comment: 'src/shared imports nothing of ours, and only zod from outside',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { pathNot: '^src/shared/|(?:^|/)node_modules/zod/' },
    },
    {
      name: 'core-is-pure',
      comment: 'src/core imports src/shared only: no Electron, no DOM, no SQLite',
      severity: 'error',
      from: { path: '^src/core/' },
      to: {
        path: [
          '^src/(?!core/|shared/)',
          '(?:^|/)node_modules/(?:electron|better-sqlite3|kysely|react|react-dom|commander)/',
        ],
      },
    },
    {
      name: 'core-folder-unknown',
      comment: 'a new folder of src/core needs its place in CORE_ORDER',
      severity: 'error',
      from: { path: `^src/core/(?!${anyOf(CORE_ORDER)}/)[^/]+/` },
      to: {},
    },
    {
      name: 'core-top-is-lowest',
      comment: 'files directly in src/core serve every folder and import none',
      severity: 'error',
      from: { path: '^src/core/[^/]+$' },
      to: { path: '^src/core/[^/]+/' },
    },
    ...coreOrder,
    {
      name: 'graphs-are-ours',
      comment: 'ONNX Runtime is given graphs that were made here: nothing else may open one',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/core/(?:engine/onnx/|compress/ort-gemm[.])|^src/main/compute/doctor[.]',
      },
      to: { path: '(?:^|/)node_modules/onnxruntime' },
    },
    {
      name: 'main-computes-in-compute',
      comment: 'src/main runs src/core in src/main/compute only; elsewhere it imports its types',
      severity: 'error',
      from: { path: '^src/main/', pathNot: '^src/main/compute/' },
      to: { path: '^src/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'main-is-no-screen',
      comment: 'src/main imports neither the renderer nor the preload script',
      severity: 'error',
      from: { path: '^src/main/' },
      to: { path: '^src/(?:renderer|preload)/' },
    },
    {
      name: 'electron-stays-thin',
      comment: 'the Node host runs everything in src/main but src/main/electron',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:main/electron|preload)/' },
      to: { path: ['^src/main/electron/', '(?:^|/)node_modules/electron/'] },
    },
    {
      name: 'preload-only-bridges',
      comment: 'src/preload imports src/shared and electron only',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { pathNot: '^src/(?:preload|shared)/|(?:^|/)node_modules/electron/|^electron$' },
    },
    {
      name: 'renderer-sees-shared-only',
      comment: 'the renderer is sandboxed: of ours it imports src/shared only, and nothing of Node',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^src/(?!renderer/|shared/)' },
    },
    {
      name: 'renderer-has-no-node',
      comment: 'the renderer is sandboxed and has no Node modules',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'src-is-self-contained',
      comment: 'the product never imports tests, scripts or benchmarks',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:tests|scripts|bench)/' },
    },
    {
      name: 'no-cycles',
      comment: 'no circular imports; types included, since they tangle ideas just as well',
      severity: 'error',
      from: { path: '^(?:src|scripts|bench|tests)/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'an import that resolves to nothing',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The optional peer is loaded at run time when it is there.
    exclude: { path: '@tensorflow/tfjs-node-gpu|\\?(?:modulePath|nodeWorker|asset)$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
