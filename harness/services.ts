import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { environment, findProgram, run } from './command';
import { AsyncDisposableStack } from './disposal';
import { freePort } from './ports';
import { programIn, type Running } from './program';
import { HarnessError } from './report';

/* PostgreSQL, Redis and proxies, each a private server of the system's programs: on a free port of 127.0.0.1, in a folder that goes. */

export interface Service extends Running {
	port: number;
	/** Starts one that has ended, on its data and port. */
	restart(): Promise<void>;
}

/** A job that Redis has taken is on disk before it says so. */
export const REDIS_ARGUMENTS = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];

export const POSTGRES = { user: 'n8n', database: 'postgres' } as const;

/** The settings with which n8n keeps its data in this PostgreSQL. */
export function databaseSettings({ port }: Pick<Service, 'port'>): NodeJS.ProcessEnv {
	return {
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(port),
		DB_POSTGRESDB_USER: POSTGRES.user,
		DB_POSTGRESDB_DATABASE: POSTGRES.database,
		DB_POSTGRESDB_PASSWORD: '',
	};
}

/**
 * Caddy with a Caddyfile of `deploy/`, on 127.0.0.1.
 *
 * @param variables of the file but DOMAIN, such as the addresses of its upstreams: `host:port`
 * @throws {HarnessError} if Caddy is not installed or does not start
 */
export async function startCaddy(
	file: string,
	variables: Record<string, string>,
): Promise<Service> {
	const caddy = find('caddy');
	return await startService(
		'caddy',
		({ folder }) => {
			const started = join(folder, 'Caddyfile');
			writeFileSync(started, `{\nadmin off\ndefault_bind 127.0.0.1\n}\nimport ${file}\n`);
			return [caddy, 'run', '--adapter', 'caddyfile', '--config', started];
		},
		{
			env: ({ folder, port }) => ({
				...{ HOME: folder, DOMAIN: `http://127.0.0.1:${port}` },
				...variables,
			}),
		},
	);
}

/** Where a proxy of `deploy/proxies/` hands requests on: `host:port`. */
export interface Upstreams {
	inbox: string;
	n8n: string;
}

/**
 * nginx, HAProxy or Caddy with a file of `deploy/`. Only name, certificate and addresses differ from what a person uses.
 *
 * @param file its ending tells the program
 * @param change of the file's text, for a test that must not wait; not for Caddy
 * @throws {HarnessError} if the program is not installed or does not start
 */
export async function startProxy(
	file: string,
	{ inbox, n8n }: Upstreams,
	change = (text: string) => text,
): Promise<Service> {
	if (file.endsWith('Caddyfile')) return await startCaddy(file, { INBOX: inbox, N8N: n8n });
	const textAt = (port: number) =>
		change(readFileSync(file, 'utf8'))
			.replace(/(bind|listen) :?443 ssl[^;\n]*/, `$1 127.0.0.1:${port}`)
			.replace(/^\s*ssl_certificate.*\n/gm, '')
			.replaceAll('127.0.0.1:8080', inbox)
			.replaceAll('127.0.0.1:5678', n8n);
	if (file.endsWith('.haproxy.cfg')) {
		const haproxy = find('haproxy');
		return await startService('haproxy', ({ folder, port }) => {
			writeFileSync(join(folder, 'haproxy.cfg'), textAt(port));
			return [haproxy, '-db', '-f', join(folder, 'haproxy.cfg')];
		});
	}
	const nginx = find('nginx');
	return await startService('nginx', ({ folder, port }) => {
		writeFileSync(join(folder, 'koeiq.conf'), textAt(port));
		writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder));
		return [nginx, '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
	});
}

/** What a system has around the files in nginx's `conf.d/`. */
function nginxConf(folder: string): string {
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
	return [
		// Its workers would else have no right to its folder.
		...(process.getuid?.() === 0 ? ['user root;'] : []),
		...[
			'daemon off;',
			`pid ${folder}/nginx.pid;`,
			'events { worker_connections 4096; }',
			'http {',
			'access_log off;',
		],
		...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
		...[`include ${folder}/koeiq.conf;`, '}', ''],
	].join('\n');
}

function find(name: 'caddy' | 'haproxy' | 'nginx'): string {
	const program = findProgram(name);
	if (program === undefined) throw new HarnessError(`${name} is missing: install ${name}.`);
	return program;
}

/** @throws {HarnessError} if Redis is not installed or does not start */
export async function startRedis(): Promise<Service> {
	const program = findProgram('redis-server');
	if (program === undefined) throw new HarnessError('Redis is missing: install redis-server.');
	return await startService('redis', ({ folder, port }) => [
		...[program, '--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
		...REDIS_ARGUMENTS,
	]);
}

/**
 * PgBouncer in front of a PostgreSQL that trusts everybody on this machine.
 *
 * @throws {HarnessError} where PgBouncer is not installed or does not start
 */
export async function startPgBouncer({
	postgres,
	mode,
}: {
	/** Its port. */
	postgres: number;
	mode: 'session' | 'transaction';
}): Promise<Service> {
	const program = findProgram('pgbouncer');
	if (program === undefined) throw new HarnessError('PgBouncer is missing: install pgbouncer.');
	return await startService(
		'pgbouncer',
		({ folder, port }) => {
			const file = join(folder, 'pgbouncer.ini');
			writeFileSync(
				file,
				[
					...[
						'[databases]',
						`* = host=127.0.0.1 port=${postgres} user=${POSTGRES.user}`,
						'[pgbouncer]',
					],
					...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='],
					...['auth_type = any', `pool_mode = ${mode}`, ''],
				].join('\n'),
			);
			return [...asPostgres().supervised, program, file];
		},
		{
			prepare: async (folder) => {
				await chmod(folder, 0o755);
			},
		},
	);
}

export interface Postgres extends Service {
	/** Runs one query; each row is its columns as text. */
	query(sql: string): Promise<string[][]>;
}

/** @throws {HarnessError} if PostgreSQL is not installed or does not start */
export async function startPostgres(): Promise<Postgres> {
	const bin = findPostgres();
	if (bin === undefined) throw new HarnessError('PostgreSQL is missing: install postgresql.');
	const { user, once: asUser, supervised: as } = asPostgres();
	const { user: owner } = POSTGRES;
	const at = (port: number) => ['-h', '127.0.0.1', '-p', String(port), '-U', owner];
	const service = await startService(
		'postgres',
		({ folder, port }) => [
			...[...as, join(bin, 'postgres'), '-D', join(folder, 'data'), '-p', String(port)],
			...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-N', '300'],
		],
		{
			prepare: async (folder) => {
				const data = join(folder, 'data');
				await mkdir(data, { mode: 0o700 });
				await chmod(folder, 0o755);
				if (user !== undefined) await chown(data, user.uid, user.gid);
				const initdb = [join(bin, 'initdb'), '-D', data, '-U', owner, '--auth=trust', '-E', 'UTF8'];
				await run('make a PostgreSQL database', [...asUser, ...initdb, '--locale=C.UTF-8'], {
					cwd: '/',
				});
			},
			// It listens before: after a crash it first replays its log, which takes its time on a busy disk.
			isReady: async ({ port }) =>
				run('ask PostgreSQL', [join(bin, 'pg_isready'), ...at(port)], { cwd: '/' }).then(
					() => true,
					() => false,
				),
			within: 180_000,
		},
	);
	const query = async (sql: string) => {
		const command = [
			...[join(bin, 'psql'), ...at(service.port), '-d', POSTGRES.database],
			...['-At', '-F', '\t', '-c', sql],
		];
		const output = await run('query PostgreSQL', command, { cwd: '/' });
		return output
			.split('\n')
			.filter(Boolean)
			.map((line) => line.split('\t'));
	};
	// Its processes are in groups of their own, and would go on without it: a power cut takes all of them at once.
	const kill = async () => {
		const pid = service.pid();
		const list = ['pgrep', '-P', String(pid)];
		process.kill(pid, 'SIGSTOP');
		const children = await run('find the processes of PostgreSQL', list, { cwd: '/' });
		for (const child of children.split('\n').filter(Boolean))
			process.kill(Number(child), 'SIGKILL');
		await service.kill();
	};
	return { ...service, kill, query };
}

interface Place {
	folder: string;
	port: number;
}

async function startService(
	name: string,
	command: (place: Place) => string[],
	{
		prepare = async () => {},
		env = () => ({}),
		isReady = async ({ port }) => await isListening(port),
		within = 180_000,
	}: {
		prepare?: (folder: string) => Promise<void>;
		env?: (place: Place) => NodeJS.ProcessEnv;
		isReady?: (place: Place) => Promise<boolean>;
		/** Milliseconds from its start until it is ready. */
		within?: number;
	} = {},
): Promise<Service> {
	const port = await freePort();
	const folder = await mkdtemp(join(tmpdir(), `n8n-nodes-koeiq-${name}-`));
	const log = join(folder, `${name}.log`);
	const place = { folder, port };
	await using starting = new AsyncDisposableStack();
	const service = starting.use(programIn(name, { folder, log }));
	const start = async () => {
		await service.start(command(place), {
			env: environment(env(place)),
			within,
			isReady: async () => await isReady(place),
		});
	};
	await prepare(folder);
	await start();
	starting.move();
	return { ...service, port, restart: start };
}

async function isListening(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => {
			resolve(false);
		});
	});
}

/** What goes before a command that must not run as root, as PostgreSQL and PgBouncer must not. */
function asPostgres() {
	const user = process.getuid?.() === 0 ? account('postgres') : undefined;
	const once =
		user === undefined
			? []
			: ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
	// With its user, a process loses what has the kernel end it.
	return { user, once, supervised: user === undefined ? [] : [...once, '--pdeathsig=KILL'] };
}

/** The folder of PostgreSQL's programs: on the path, or where Debian keeps its versions. */
export function findPostgres(): string | undefined {
	const versions = '/usr/lib/postgresql';
	const installed = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
	return [
		...(process.env.PATH ?? '').split(delimiter),
		...installed.map((version) => join(versions, version, 'bin')),
	]
		.filter((folder) => existsSync(join(folder, 'initdb')))
		.map((folder) => dirname(realpathSync(join(folder, 'initdb'))))[0];
}

function account(name: string): { uid: number; gid: number } {
	const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
	return { uid: id('-u'), gid: id('-g') };
}
