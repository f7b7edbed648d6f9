/* npm run screenshots: makes every picture of the documentation again, from a real n8n in Chromium. */
import { fail, installDependencies, runNpm, say } from './setup.mjs';

installDependencies();
say('Building the package …');
if (runNpm('run', '--silent', 'build') !== 0) fail('The build failed: its messages are above.');

const { tsImport } = await import('tsx/esm/api');
await tsImport('./screenshots.ts', import.meta.url);
