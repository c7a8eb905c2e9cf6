import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/{unit,interop}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
