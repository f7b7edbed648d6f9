/* npm run scan: installs and builds what is missing, then hands over to scan.ts. */
import { build, installDependencies } from './setup.mjs';

installDependencies('.');
build();

const { tsImport } = await import('tsx/esm/api');
await tsImport('./scan.ts', import.meta.url);
