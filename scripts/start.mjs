/* npm start: installs and builds what is missing, then hands over to demo.ts. */
import { fail, installDependencies, runNpm, say } from './setup.mjs';

installDependencies();
say('Building the package …');
if (runNpm('run', '--silent', 'build') !== 0) fail('The build failed: its messages are above.');

const { tsImport } = await import('tsx/esm/api');
await tsImport('./demo.ts', import.meta.url);
