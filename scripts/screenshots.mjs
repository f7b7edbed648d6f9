/* npm run screenshots: makes every picture of the documentation again, from a real n8n in Chromium. */
import { build, installDependencies } from './setup.mjs';

installDependencies('.');
build();

const { tsImport } = await import('tsx/esm/api');
await tsImport('./screenshots.ts', import.meta.url);
