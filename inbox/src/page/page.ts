import { fastify, type FastifyInstance } from 'fastify';

import type { WorkerStatus } from '../delivery/worker';
import { logSometimes } from '../log';
import type { Signatures } from '../signatures';
import type { Store } from '../store/store';
import { guard } from './access';
import icon from './assets/icon.svg';
import script from './assets/live.client.js?text';
import style from './assets/page.css';
import { addChanging } from './changing';
import { addReading } from './reading';
import { parseQuery, prepare, refuseUrl } from './request';
import { sendPage } from './views/layout';

export interface PageOptions {
	store: Store;
	/** From the settings; without one there is no page. */
	password: string;
	/** What is known of a current target, as it was when somebody last looked. */
	status: (key: string) => WorkerStatus | undefined;
	/** Asks the targets whether they are there. */
	look?: () => Promise<void>;
	/** Sends a test notice: undefined if it was accepted, else a sentence. Without it there is no button. */
	sendTestNotice?: () => Promise<string | undefined>;
	/** How long a paused target is kept new events for, in milliseconds. */
	keep: number;
	/** What the door has refused of late, because its signature is another secret's. */
	signatures?: Pick<Signatures, 'wrong' | 'past'>;
	/** Called after a target was forgotten. */
	onTargetsChanged: () => Promise<void>;
}

/** The operator's page: what has come, what became of it, and what can be done about it. The caller listens. */
export function createPage({
	store,
	password,
	status,
	look = async () => {},
	onTargetsChanged,
	sendTestNotice,
	keep,
	signatures = { wrong: undefined, past: undefined },
}: PageOptions): FastifyInstance {
	const app = fastify({
		bodyLimit: 64 * 1024,
		forceCloseConnections: true,
		routerOptions: { querystringParser: parseQuery },
		frameworkErrors: (_error, _request, reply) => {
			refuseUrl(reply);
		},
	});
	prepare(app);
	guard(app, password);
	const canNotify = sendTestNotice !== undefined;
	addReading(app, { store, status, look, canNotify, keep, signatures });
	addChanging(app, { store, status, onTargetsChanged, sendTestNotice });
	addAssets(app);

	app.setNotFoundHandler(
		async (request, reply) =>
			await sendPage(request, reply.code(404), { problem: request.words.errors.missing }),
	);
	app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
		const { statusCode: status = 500 } = error;
		if (status >= 500) {
			// The route, not the URL: what was searched for is nobody's business.
			const { method, routeOptions } = request;
			const fields = { method, route: routeOptions.url, error: String(error) };
			logSometimes('page', fields, 'The page could not answer a request');
		}
		return await sendPage(request, reply.code(status), { problem: request.words.errors.failed });
	});
	return app;
}

function addAssets(app: FastifyInstance): void {
	const assets = {
		'/page.css': { type: 'text/css; charset=utf-8', text: style },
		'/live.js': { type: 'text/javascript; charset=utf-8', text: script },
		'/icon.svg': { type: 'image/svg+xml', text: icon },
	};
	for (const [path, { type, text }] of Object.entries(assets)) {
		app.get(
			path,
			{ config: { isPublic: true } },
			async (_, reply) => await reply.type(type).send(text),
		);
	}
}
