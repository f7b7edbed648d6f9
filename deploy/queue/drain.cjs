/*
 * A hook of n8n, for its webhook processors. Told to stop, n8n closes its port at once, and then ends the runs that it
 * still has to answer. So it first says that it takes nothing more, for as long as the proxy needs to notice, and goes on
 * answering meanwhile. docker-compose.yml stops it by this signal, and Caddyfile asks.
 */
const SIGNAL = 'SIGUSR2';
const OPEN = '/healthz/open';
const DRAIN_MILLISECONDS = 5_000;

let isOpen = true;

/** @param {{ app: import('express').Express }} server n8n's own, once it answers webhooks */
const ready = ({ app }) => {
	app.get(OPEN, (_, response) => {
		response.status(isOpen ? 200 : 503).send(isOpen ? 'open' : 'stopping');
	});
	process.on(SIGNAL, () => {
		if (!isOpen) return;
		isOpen = false;
		setTimeout(() => process.kill(process.pid, 'SIGTERM'), DRAIN_MILLISECONDS);
	});
};

module.exports = { n8n: { ready: [ready] } };
