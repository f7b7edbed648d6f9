import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { environment } from '../../harness/command';
import { INBOX_PROGRAM, startInbox } from '../../harness/inbox';
import { installNode } from '../../harness/install';
import { findPostgres } from '../../harness/services';
import { poll } from '../../harness/wait';
import { many, send, SECRET } from './support/events';
import { closeStores, newEvents, newPlace, openAt, stopPostgres } from './support/open-store';
import { startTrigger } from './support/trigger';

/* Backup and restore in the words of the README: its own commands are run. */

const README = readFileSync(join(__dirname, '../../inbox/README.md'), 'utf8');
const [, section = ''] = README.split('\n## Backup\n');
const [text = ''] = section.split('\n## ');
const [backup = '', restore = '', dump = '', load = ''] = [
	...text.matchAll(/```sh\n(.*?)```/gs),
].map(([, commands]) => commands);

afterEach(closeStores);
afterAll(stopPostgres);

/** Runs commands of the README in a folder, with `koeiq-inbox` and PostgreSQL's programs on the path. */
async function run(commands: string, folder: string, store: string): Promise<string> {
	const { node } = await installNode(() => {});
	const bin = join(folder, 'bin');
	mkdirSync(bin, { recursive: true });
	const program = `#!/bin/sh\nexec '${node}' '${INBOX_PROGRAM}' "$@"\n`;
	writeFileSync(join(bin, 'koeiq-inbox'), program, { mode: 0o755 });
	const path = [bin, findPostgres(), process.env.PATH].filter(Boolean).join(delimiter);
	return execFileSync('sh', ['-ec', commands], {
		cwd: folder,
		env: environment({ INBOX_STORE: store, PATH: path }),
		encoding: 'utf8',
		stdio: 'pipe',
	});
}

test('SQLite: what was there at the backup is there again, and what came of it since is sent again', async () => {
	await using target = await startTrigger();
	await using inbox = await startInbox({
		env: { INBOX_WEBHOOK_SECRET: SECRET, INBOX_FORWARD_TO: target.url },
	});
	const taken = async (number: number) => {
		await poll(`${number} deliveries`, 60_000, () => target.taken().length === number);
	};
	const [before, between, after] = [many(3, 'before'), many(3, 'between'), many(3, 'after')];
	const { folder } = inbox;
	await send(inbox.url, before);
	await taken(3);
	target.isReady = false;
	target.answer = () => ({ status: 503 });
	await send(inbox.url, between);

	await run(backup, folder, 'inbox.sqlite');
	expect(statSync(join(folder, 'copy.sqlite')).mode & 0o777).toBe(0o600);
	await expect(run(backup, folder, 'inbox.sqlite')).rejects.toThrow('copy.sqlite already exists');

	target.isReady = true;
	target.answer = () => ({});
	await taken(6);
	await send(inbox.url, after);
	await taken(9);
	await expect(run(restore, folder, 'inbox.sqlite')).rejects.toThrow('Stop the inbox first');
	// Its log stays beside the file.
	await inbox.kill();
	expect(statSync(join(folder, 'inbox.sqlite-wal')).size).toBeGreaterThan(0);

	await run(restore, folder, 'inbox.sqlite');
	expect(statSync(join(folder, 'inbox.sqlite')).mode & 0o777).toBe(0o600);
	await inbox.restart();
	await taken(12);
	expect(target.taken().slice(9).sort()).toEqual(between.map(({ id }) => id).sort());
	await inbox.kill('SIGTERM');
	const restored = await openAt(join(folder, 'inbox.sqlite'), []);
	expect(await restored.store.search({ limit: 100 })).toHaveLength(6);
	const old = await openAt(join(folder, 'inbox.sqlite.old'), []);
	expect(await old.store.search({ limit: 100 })).toHaveLength(9);
	await closeStores();
});

test('PostgreSQL: the same, by its own programs', async () => {
	const at = await newPlace('PostgreSQL');
	const { store } = await openAt(at, []);
	for (const event of newEvents(3)) await store.add(event);
	const folder = dirname(await newPlace('SQLite'));
	await run(dump, folder, at);
	for (const event of newEvents(3)) await store.add(event);
	await store.close();
	await run(load, folder, at);
	const restored = await openAt(at, []);
	expect(await restored.store.search({ limit: 100 })).toHaveLength(3);
	for (const event of newEvents(1)) expect(await restored.store.add(event)).toBe('stored');
});

test('a file that is no backup is not restored', async () => {
	const at = await newPlace('SQLite');
	const { store } = await openAt(at, []);
	await store.close();
	const folder = dirname(at);
	writeFileSync(join(folder, 'copy.sqlite'), 'not a database');
	await expect(run(restore, folder, at)).rejects.toThrow('copy.sqlite cannot be restored');
	await expect(run(restore.replace('copy', 'none'), folder, at)).rejects.toThrow('none.sqlite');
	expect((await openAt(at, [])).at).toBe(at);
});
