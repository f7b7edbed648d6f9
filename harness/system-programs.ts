import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { findBrowser } from './browser';
import { findProgram, run } from './command';
import { HarnessError, throttle, type Report } from './report';
import { findPostgres } from './services';

/** What the tests take from the system, the package of each on Debian and in Homebrew, and how to see that it is there. */
export const PROGRAMS = {
	browser: {
		name: 'Chromium or Chrome',
		debian: ['chromium', 'fonts-noto-cjk', 'fonts-noto-color-emoji'],
		brew: '--cask google-chrome',
		isThere: () => findBrowser() !== undefined,
	},
	redis: {
		name: 'Redis',
		debian: ['redis-server'],
		brew: 'redis',
		isThere: () => findProgram('redis-server') !== undefined,
	},
	postgres: {
		name: 'PostgreSQL',
		debian: ['postgresql'],
		brew: 'postgresql@17',
		isThere: () => findPostgres() !== undefined,
	},
	pgbouncer: {
		name: 'PgBouncer',
		debian: ['pgbouncer'],
		brew: 'pgbouncer',
		isThere: () => findProgram('pgbouncer') !== undefined,
	},
	promtool: {
		name: 'promtool of Prometheus',
		debian: ['prometheus'],
		brew: 'prometheus',
		isThere: () => findProgram('promtool') !== undefined,
	},
	caddy: {
		name: 'Caddy',
		debian: ['caddy'],
		brew: 'caddy',
		isThere: () => findProgram('caddy') !== undefined,
	},
	haproxy: {
		name: 'HAProxy',
		debian: ['haproxy'],
		brew: 'haproxy',
		isThere: () => findProgram('haproxy') !== undefined,
	},
	nginx: {
		name: 'nginx',
		debian: ['nginx'],
		brew: 'nginx',
		isThere: () => findProgram('nginx') !== undefined,
	},
} as const;

export type Program = keyof typeof PROGRAMS;

/**
 * Installs programs of the system that are missing: with apt-get, for root and in CI without asking, otherwise only if the
 * person at the terminal agrees; a browser else by Playwright's download.
 *
 * @throws {HarnessError} that names what is missing and how to install it
 */
export async function installPrograms(wanted: readonly Program[], report: Report): Promise<void> {
	const missing = () => wanted.filter((program) => !PROGRAMS[program].isThere());
	const names = (programs: readonly Program[]) =>
		programs.map((program) => PROGRAMS[program].name).join(', ');
	const packages = missing().flatMap((program) => PROGRAMS[program].debian);
	const apt = packages.length > 0 ? await aptGet(packages) : undefined;
	if (apt !== undefined) {
		report(`Installing ${names(missing())} with apt-get …`);
		await tryTo(report, async () => {
			await run('read the list of packages', [...apt, 'update'], { cwd: '/' });
			await run(
				`install ${packages.join(', ')}`,
				[...apt, 'install', '--yes', '--no-install-recommends', ...packages],
				{ cwd: '/', onLine: progress(report) },
			);
		});
	}
	if (missing().includes('browser')) {
		report('Downloading a Chromium with Playwright …');
		const playwright = dirname(createRequire(__filename).resolve('playwright-core/package.json'));
		await tryTo(report, async () => {
			await run(
				'download Chromium',
				[process.execPath, join(playwright, 'cli.js'), 'install', 'chromium'],
				{ cwd: playwright, onLine: progress(report) },
			);
		});
	}
	if (missing().length > 0) throw new HarnessError(howToInstall(missing()));
}

/** The sentence for a machine on which this user, or this program, cannot install them. */
export function howToInstall(
	programs: readonly Program[],
	platform: NodeJS.Platform = process.platform,
): string {
	const names = programs.map((program) => PROGRAMS[program].name).join(', ');
	const [how] = {
		darwin: [programs.map((program) => `brew install ${PROGRAMS[program].brew}`).join(' && ')],
		linux: [
			`sudo apt-get install ${programs.flatMap((program) => PROGRAMS[program].debian).join(' ')}`,
		],
	}[platform as string] ?? ['your system’s installer'];
	const browser = programs.includes('browser')
		? ' A browser in an unusual place is named by CHROMIUM_PATH.'
		: '';
	return `The tests need ${names}, which are not installed here. Install with: ${how ?? ''}.${browser} Then run this again.`;
}

/** `apt-get` with the rights that it needs; `undefined` if there is none, or it must not be used. */
async function aptGet(packages: string[]): Promise<string[] | undefined> {
	if (findProgram('apt-get') === undefined) return undefined;
	const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
	switch (consent(process.getuid?.(), process.env, process.stdin.isTTY && process.stderr.isTTY)) {
		case 'root':
			return command;
		case 'sudo':
			return ['sudo', '-n', ...command];
		case 'ask':
			return (await isAgreedTo(`Run sudo apt-get install ${packages.join(' ')}?`))
				? ['sudo', ...command]
				: undefined;
		case 'none':
			return undefined;
	}
}

/** How apt-get may be run: nothing is installed into a person's system unasked. */
export function consent(
	user: number | undefined,
	{ CI }: NodeJS.ProcessEnv,
	isTerminal: boolean,
): 'root' | 'sudo' | 'ask' | 'none' {
	if (user === 0) return 'root';
	if (CI === 'true') return 'sudo';
	return isTerminal ? 'ask' : 'none';
}

async function isAgreedTo(question: string): Promise<boolean> {
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	try {
		return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
	} finally {
		terminal.close();
	}
}

/** What one way cannot do, the next may: its failure is told, and the caller looks at what is there. */
async function tryTo(report: Report, install: () => Promise<void>): Promise<void> {
	try {
		await install();
	} catch (error) {
		report(error instanceof Error ? error.message : String(error));
	}
}

function progress(report: Report): Report {
	return throttle((line) => {
		report(`  ${line.slice(0, 100)}`);
	}, 10_000);
}
