import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { environment, npm, run } from '../../harness/command';
import { pack, unpack } from '../../harness/pack';
import { freePort } from '../../harness/ports';
import { programIn } from '../../harness/program';
import { isOk } from '../../harness/wait';
import manifest from '../../inbox/package.json';
import { event, SECRET, send } from './support/events';

/* The package koeiq-inbox, as it is published: packed, installed into an empty folder, and run. */

const INBOX = resolve(__dirname, '../../inbox');

let folder: string;
let tarball: string;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'koeiq-inbox-package-'));
	tarball = await pack(INBOX, folder);
});

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

test('has the program, its README and its licence, and no path of this machine', async () => {
	const unpacked = join(folder, 'unpacked');
	await unpack(tarball, unpacked);
	const files = await run('list the package', ['tar', '-tzf', tarball], { cwd: folder });
	expect(files.split('\n').sort()).toEqual([
		'package/LICENSE.md',
		'package/README.md',
		'package/dist/main.js',
		'package/dist/sqlite-writer.js',
		'package/package.json',
	]);
	for (const file of ['dist/main.js', 'dist/sqlite-writer.js', 'package.json']) {
		expect(readFileSync(join(unpacked, file), 'utf8')).not.toContain(dirname(INBOX));
	}
	const licence = readFileSync(join(INBOX, '../LICENSE.md'), 'utf8');
	expect(readFileSync(join(unpacked, 'LICENSE.md'), 'utf8')).toBe(licence);
});

test('installed into an empty folder, it stores an event', async () => {
	const home = join(folder, 'installed');
	const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', home];
	await run('install the package', npm(...install, tarball), { cwd: folder, env: environment() });
	const command = join(home, 'node_modules/.bin/koeiq-inbox');
	const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
	const about = await run('ask for its version', [command, '--version'], {
		cwd: folder,
		env: environment({ PATH: path }),
	});
	expect(about).toBe(manifest.version);

	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
	await using inbox = programIn('The installed inbox', { folder: home, log: join(folder, 'log') });
	await inbox.start([command], {
		env: environment({
			PATH: path,
			INBOX_WEBHOOK_SECRET_FILE: join(folder, 'secret'),
			INBOX_STORE: join(folder, 'inbox.sqlite'),
			INBOX_HOST: '127.0.0.1',
			INBOX_PORT: String(port),
		}),
		within: 60_000,
		isReady: async () => await isOk(`${url}/healthz`),
	});
	await send(url, [event()]);
	expect(existsSync(join(folder, 'inbox.sqlite'))).toBe(true);
});
