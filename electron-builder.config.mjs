// `npm run package`: the app for the system that it is run on.

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'app.kintsugi.workbench',
  productName: 'Kintsugi',
  copyright: 'Apache-2.0',
  directories: { output: 'release', buildResources: 'resources' },
  files: ['out/**', 'package.json'],
  // Read in place by the engine, which cannot look into an archive.
  extraResources: [
    { from: 'resources/starter', to: 'starter' },
    { from: 'resources/starter-control', to: 'starter-control' },
  ],
  asarUnpack: ['**/*.node', 'node_modules/onnxruntime-node/**'],
  npmRebuild: false,
  // No way to run the packaged program as something else.
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  linux: { target: ['AppImage', 'deb'], category: 'Science', maintainer: 'Kintsugi' },
  win: { target: ['nsis'] },
  mac: {
    target: ['dmg'],
    category: 'public.app-category.developer-tools',
    hardenedRuntime: true,
  },
};
