import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { findBrowser } from './browser';
import { findProgram, run } from './command';
import { HarnessError, throttle, type Report } from './report';
import { findPostgres } from './services';

/** What the tests take from the system, the package of each on Debian and in Homebrew, and how to see that it is there. */
export const PROGRAMS = {
	browser: {
		name: 'Chromium or Chrome',
		debian: ['chromium', 'fonts-noto-cjk'],
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
	caddy: {
		name: 'Caddy',
		debian: ['caddy'],
		brew: 'caddy',
		isThere: () => findProgram('caddy') !== undefined,
	},
} as const;

export type Program = keyof typeof PROGRAMS;

/**
 * Makes sure of programs of the system: with apt-get where this user may use it, a browser by Playwright's download
 * where not.
 *
 * @throws {HarnessError} that names what is missing and how to install it
 */
export async function installPrograms(wanted: readonly Program[], report: Report): Promise<void> {
	const missing = () => wanted.filter((program) => !PROGRAMS[program].isThere());
	const names = (programs: readonly Program[]) =>
		programs.map((program) => PROGRAMS[program].name).join(', ');
	const apt = aptGet();
	if (missing().length > 0 && apt !== undefined) {
		report(`Installing ${names(missing())} with apt-get …`);
		const packages = missing().flatMap((program) => PROGRAMS[program].debian);
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
	return `The tests need ${names}, which could not be installed here. Install with: ${how ?? ''}.${browser} Then run this again.`;
}

/** `apt-get` as this user may run it without being asked for a password; `undefined` where there is no such way. */
function aptGet(): string[] | undefined {
	if (findProgram('apt-get') === undefined) return undefined;
	const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
	if (process.getuid?.() === 0) return command;
	try {
		execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
		return ['sudo', '-n', ...command];
	} catch {
		return undefined;
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
