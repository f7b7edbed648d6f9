/* npm start: installs and builds what is missing, then hands over to demo.ts. */
import { build, installDependencies } from './setup.mjs';

installDependencies();
build();

const { tsImport } = await import('tsx/esm/api');
await tsImport('./demo.ts', import.meta.url);
