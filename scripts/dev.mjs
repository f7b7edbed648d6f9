/* npm run dev: installs what is missing, then hands over to dev.ts. */
import { installDependencies } from './setup.mjs';

installDependencies('.');

const { tsImport } = await import('tsx/esm/api');
await tsImport('./dev.ts', import.meta.url);
