import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { programIn } from '../../../harness/program';

/* Starts a program that goes on, and writes its id into `pid` in a folder. Usage: starter.ts FOLDER */

const [, , folder = ''] = process.argv;
const program = programIn('It', { folder, log: join(folder, 'log') });

void program
	.start([process.execPath, '-e', 'setInterval(() => {}, 1000)'], {
		env: process.env,
		within: 30_000,
		isReady: async () => await Promise.resolve(true),
	})
	.then(() => {
		// Renamed, so that nobody reads half an id.
		writeFileSync(join(folder, 'pid.partial'), String(program.pid()));
		renameSync(join(folder, 'pid.partial'), join(folder, 'pid'));
	});
