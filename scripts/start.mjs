/* npm start: installs and builds what is missing, then hands over to demo.ts, or with --inbox to inbox-demo.ts. */
import { build, installDependencies } from './setup.mjs';

installDependencies('.');
build();

const { tsImport } = await import('tsx/esm/api');
const demo = process.argv.includes('--inbox') ? './inbox-demo.ts' : './demo.ts';
await tsImport(demo, import.meta.url);
