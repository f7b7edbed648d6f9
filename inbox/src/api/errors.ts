import type { FastifyError, FastifyInstance, FastifySchemaValidationError } from 'fastify';

import { logSometimes } from '../log';

/** An answer that is no success: its message is a sentence for whoever asked. */
export class ApiError extends Error {
	constructor(
		readonly statusCode: 400 | 404 | 409,
		message: string,
	) {
		super(message);
	}
}

/** Answers whatever goes wrong with `{"error": "…"}`. */
export function answerErrors(app: FastifyInstance): void {
	app.setSchemaErrorFormatter(([error], where) => new Error(describe(error, where)));
	app.setNotFoundHandler(async (_request, reply) => {
		return await reply.code(404).send({ error: 'There is nothing at this path' });
	});
	app.setErrorHandler(async (error: FastifyError, request, reply) => {
		const { statusCode = 500 } = error;
		if (statusCode < 500) return await reply.code(statusCode).send({ error: error.message });
		// The route, not the URL: what was asked for is nobody's business.
		const { method, routeOptions } = request;
		const fields = { method, route: routeOptions.url, error: String(error) };
		logSometimes('api', fields, 'The API could not answer a request');
		return await reply.code(500).send({ error: "Something went wrong. The inbox's log says what" });
	});
}

const PLACES: Record<string, string> = {
	body: 'the body',
	querystring: 'the query',
	params: 'the path',
};

/** In words, without the value. */
function describe(error: FastifySchemaValidationError | undefined, where: string): string {
	const place = PLACES[where] ?? where;
	const { keyword, params = {}, instancePath = '', message = 'is not valid' } = error ?? {};
	const name = instancePath.slice(1);
	const field = name === '' ? place : `"${name}" in ${place}`;
	switch (keyword) {
		case 'additionalProperties':
			return sentence(`${field} has an unknown field "${String(params.additionalProperty)}"`);
		case 'required':
			return sentence(`${field} has no "${String(params.missingProperty)}"`);
		case 'enum':
			return sentence(`${field} must be one of ${[params.allowedValues].flat().join(', ')}`);
		default:
			return sentence(`${field} ${message}`);
	}
}

function sentence(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
