import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The page is plain files with hashed names and no inline script or style, so the API can serve it under a
// Content-Security-Policy of 'self' and cache everything but index.html for good.
export default defineConfig({
  root: here('.'),
  base: './',
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A slow machine is not told at each start which plugin took how long.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
