import { cpSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const PROJECT = resolve(__dirname, '../..');
const NOT_IN_A_CLONE = ['.git', '.dev', 'dist', 'node_modules'];

/** Copies the project with its packages, for what builds it or changes its sources: other tests pack `dist/` meanwhile. */
export function copyProject(folder: string): void {
	cpSync(PROJECT, folder, {
		recursive: true,
		filter: (path) => !NOT_IN_A_CLONE.includes(basename(path)),
	});
	for (const packages of ['node_modules', 'inbox/node_modules']) {
		symlinkSync(join(PROJECT, packages), join(folder, packages));
	}
}
