import { HELP } from '../../inbox/src/cli/help';
import { parseCommand, type Command } from '../../inbox/src/cli/command';
import { readSettings, SettingError } from '../../inbox/src/settings';
import { SECRET } from './support/events';

/* What a command line means. */

test.each<[string, Command]>([
	['', { name: 'run' }],
	['--help', { name: 'help' }],
	['help', { name: 'help' }],
	['copy -h', { name: 'help' }],
	['--version', { name: 'version' }],
	['copy --to postgres://db/inbox', { name: 'copy', to: 'postgres://db/inbox' }],
	['copy --to=inbox.sqlite', { name: 'copy', to: 'inbox.sqlite' }],
	['export --failed', { name: 'export' }],
	['notify-test', { name: 'notify-test' }],
	['backup copy.sqlite', { name: 'backup', file: 'copy.sqlite' }],
	['restore copy.sqlite', { name: 'restore', file: 'copy.sqlite' }],
])('koeiq-inbox %s', (line, command) => {
	expect(parseCommand(line.split(' ').filter(Boolean))).toEqual(command);
});

test.each<[string, string]>([
	['start', 'There is no command "start".'],
	['--port 80', "Unknown option '--port'."],
	['--failed', '"koeiq-inbox" does not accept "--failed".'],
	['copy', 'An argument is missing. Usage: koeiq-inbox copy --to'],
	['copy --to', "Option '--to <value>' argument missing."],
	['copy inbox.sqlite --to x', '"koeiq-inbox copy" does not accept "inbox.sqlite".'],
	['export', 'An argument is missing. Usage: koeiq-inbox export --failed'],
	['export --failed --to x', '"koeiq-inbox export" does not accept "--to".'],
	['backup', 'An argument is missing. Usage: koeiq-inbox backup <file>'],
	['restore a b', '"koeiq-inbox restore" does not accept "b".'],
])('koeiq-inbox %s is refused in a sentence', (line, sentence) => {
	const parsing = () => parseCommand(line.split(' '));
	expect(parsing).toThrow(SettingError);
	expect(parsing).toThrow(sentence);
});

test('the help has every setting', () => {
	const asked = new Set<string>();
	const env = new Proxy<NodeJS.ProcessEnv>(
		{ INBOX_WEBHOOK_SECRET: SECRET },
		{
			get: (all, name) => {
				asked.add(String(name));
				return all[String(name)];
			},
		},
	);
	readSettings(env);
	const settings = [...asked].filter((name) => !name.endsWith('_FILE'));
	expect(settings.length).toBeGreaterThan(10);
	expect(settings.filter((name) => !HELP.includes(name))).toEqual([]);
});
