import { defineConfig } from 'vitest/config';

const report = process.env['GROUNDCREW_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules', 'dist', '.groundcrew'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Tests that start real processes start the built programs. SKIP_BUILD=1 keeps the dist that is there.
    globalSetup: process.env['SKIP_BUILD'] === '1' ? [] : ['test/support/build-once.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
