/*
 * A hook of n8n, for its webhook processors. Told to stop, n8n closes its port at once, and soon ends, whatever it is just
 * answering: what comes or is under way then is lost. So it first says that it takes nothing more, for as long as the
 * proxy needs to notice, goes on answering meanwhile, and stops once nothing is under way. docker-compose.yml stops it by
 * this signal, and Caddyfile asks.
 */
const { subscribe } = require('node:diagnostics_channel');
const { setTimeout: sleep } = require('node:timers/promises');

const SIGNAL = 'SIGUSR2';
const OPEN = '/healthz/open';
const DRAIN_MILLISECONDS = 5_000;
/** A request may wait for its workflow to finish. */
const MOST_MILLISECONDS = 60_000;

let isOpen = true;
let underWay = 0;

subscribe('http.server.request.start', (message) => {
	const { response } = /** @type {{ response: import('node:http').ServerResponse }} */ (message);
	underWay++;
	response.once('close', () => underWay--);
});

/** @param {{ app: import('express').Express }} server n8n's own, once it answers webhooks */
const ready = ({ app }) => {
	app.get(OPEN, (_, response) => {
		response.status(isOpen ? 200 : 503).send(isOpen ? 'open' : 'stopping');
	});
	process.on(SIGNAL, () => {
		if (isOpen) void stop();
	});
};

async function stop() {
	isOpen = false;
	const last = Date.now() + MOST_MILLISECONDS;
	await sleep(DRAIN_MILLISECONDS);
	while (underWay > 0 && Date.now() < last) await sleep(100);
	process.kill(process.pid, 'SIGTERM');
}

module.exports = { n8n: { ready: [ready] } };
