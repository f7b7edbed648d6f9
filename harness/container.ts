/** What n8n reads of its environment, and where its home is; the rest belongs to this machine. */
const MEANT_FOR_N8N = /^(HOME$|N8N_|DB_|QUEUE_|EXECUTIONS_)/;

/**
 * The command that runs n8n in a container of an image: as this user and on this machine's network, so that folder,
 * ports and packages are as for an n8n without a container. It ends with `docker run`'s own signals.
 *
 * @param image such as `docker.n8n.io/n8nio/n8n:next`, with n8n's own entry point: `start`, `worker` or `webhook` follows
 * @param folder n8n's user folder, at the same place inside
 */
export function containerCommand(
	image: string,
	folder: string,
	settings: NodeJS.ProcessEnv,
): string[] {
	const owner =
		process.getuid === undefined ? [] : [`--user=${process.getuid()}:${process.getgid?.()}`];
	const variables = Object.entries(settings)
		.filter(([name, value]) => MEANT_FOR_N8N.test(name) && value !== undefined)
		.map(([name, value]) => `--env=${name}=${value}`);
	return [
		...['docker', 'run', '--rm', '--init', '--network=host', ...owner],
		...[`--volume=${folder}:${folder}`, ...variables, image],
	];
}
