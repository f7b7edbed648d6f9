import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What root makes in a folder of a service's user is that user's. */
export function giveToFolderOwner(file: string): void {
	if (process.getuid?.() !== 0) return;
	const { uid, gid } = statSync(dirname(resolve(file)));
	for (const end of ['', '.lock', '-wal', '-shm']) {
		if (existsSync(`${file}${end}`)) chownSync(`${file}${end}`, uid, gid);
	}
}
