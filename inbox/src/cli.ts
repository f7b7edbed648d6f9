import { version } from '../package.json';
import { backUp, restore } from './cli/backup';
import { parseCommand, type Command } from './cli/command';
import { copy } from './cli/copy';
import { exportFailed } from './cli/export';
import { HELP } from './cli/help';
import { notifyTest } from './cli/notify-test';
import { readStore } from './settings';

/** Does what the command line says. @param serve runs the inbox; it goes on after this has resolved */
export async function runCommand(args: string[], serve: () => Promise<void>): Promise<void> {
	const command = parseCommand(args);
	if (command.name === 'run') await serve();
	else await runToItsEnd(command);
}

async function runToItsEnd(command: Exclude<Command, { name: 'run' }>): Promise<void> {
	// What is written holds what customers said.
	process.umask(0o077);
	const { env } = process;
	switch (command.name) {
		case 'help':
			say(HELP);
			return;
		case 'version':
			say(version);
			return;
		case 'notify-test':
			say(await notifyTest(env));
			return;
		case 'copy':
			await copy(readStore(env), command.to, say);
			return;
		case 'export':
			await exportFailed(readStore(env), process.stdout);
			return;
		case 'backup':
			say(backUp(readStore(env), command.file));
			return;
		case 'restore':
			say(restore(readStore(env), command.file));
	}
}

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}
