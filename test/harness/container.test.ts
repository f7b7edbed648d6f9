import { containerCommand } from '../../harness/container';

/* n8n 3 comes as a container alone. No test starts the container: the weekly workflow does. */

test('a container has the folder at its place, the settings that are meant for n8n, and nothing else of this machine', () => {
	const settings = { HOME: '/tmp/n8n', N8N_PORT: '5678', PATH: '/usr/bin', DB_TYPE: undefined };
	const command = containerCommand('n8n:next', '/tmp/n8n', settings);
	expect(command.slice(0, 2)).toEqual(['docker', 'run']);
	expect(command).toContain('--volume=/tmp/n8n:/tmp/n8n');
	expect(command.filter((word) => word.startsWith('--env'))).toEqual([
		'--env=HOME=/tmp/n8n',
		'--env=N8N_PORT=5678',
	]);
	expect(command.at(-1)).toBe('n8n:next');
});
