import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';

import { log } from '../log';
import { SettingError } from '../settings/variables';
import { NO_TARGET, type Store, type SubscribedTarget, type TargetOverview } from '../store/store';
import { checkAddress } from './address';
import type { ApiOptions } from './api';
import { ApiError } from './errors';
import {
	ErrorAnswer,
	KeyParams,
	Pause,
	PausedOrForgotten,
	Registration,
	Target,
	Targets,
} from './schemas';
import { checkSignature } from './signature';

type Options = Pick<
	ApiOptions,
	'store' | 'secrets' | 'readUrl' | 'findDeadEnd' | 'onTargetsChanged'
>;

/** Who gets events. */
export function addTargets(
	plain: FastifyInstance,
	{ store, secrets, readUrl, findDeadEnd, onTargetsChanged }: Options,
): void {
	const app = plain.withTypeProvider<TypeBoxTypeProvider>();
	const toUrl = readUrl({ isTest: false });

	app.get(
		'/api/v1/targets',
		{ schema: { summary: 'Every target', response: { 200: Targets } } },
		async () => {
			const overview = await store.overview();
			return { targets: overview.filter(({ key }) => key !== NO_TARGET).map(present) };
		},
	);

	app.put(
		'/api/v1/targets/:key',
		{
			schema: {
				summary: 'Registers, resumes or moves a target',
				...{ params: KeyParams, body: Registration },
				response: { 200: Target, 400: ErrorAnswer, 409: ErrorAnswer },
			},
		},
		async (request) => {
			const { key } = request.params;
			checkSignature(request, secrets);
			const { name, mustAnswer = false } = request.body;
			const url = readTargetUrl(toUrl, request.body.url);
			if (mustAnswer) await checkAddress(url, findDeadEnd);
			const before = await find(store, key);
			const target = await store.register({ key, url, name });
			logChange(before, target);
			await onTargetsChanged(key);
			return await describe(store, target);
		},
	);

	app.delete(
		'/api/v1/targets/:key',
		{
			schema: {
				summary: 'Pauses a target, or forgets it',
				...{ params: KeyParams, querystring: Pause },
				response: { 200: PausedOrForgotten, 404: ErrorAnswer, 409: ErrorAnswer },
			},
		},
		async ({ params: { key }, query }) => {
			const before = await find(store, key);
			if (before === undefined) throw new ApiError(404, 'There is no target with this key');
			if (query.forget === 'true') {
				if (before.isSet) {
					throw new ApiError(
						409,
						'INBOX_FORWARD_TO names this target. Remove its URL there, and restart the inbox',
					);
				}
				const discarded = await store.forget(key);
				log.info(
					{ target: before.url, discarded },
					`Forgotten: ${title(before)}. Its undelivered events were discarded.`,
				);
				await onTargetsChanged();
				return { discarded };
			}
			const target = (await store.pause(key)) ?? before;
			logChange(before, target);
			await onTargetsChanged();
			return await describe(store, target);
		},
	);
}

/** @throws {ApiError} */
export function readTargetUrl(read: ReturnType<ApiOptions['readUrl']>, url: string): string {
	try {
		return read(url, '"url"');
	} catch (error) {
		throw error instanceof SettingError ? new ApiError(400, error.message) : error;
	}
}

function logChange(before: SubscribedTarget | undefined, after: SubscribedTarget): void {
	const said = whatChanged(before, after);
	if (said !== undefined) log.info({ target: after.url }, `${said}: ${title(after)}.`);
}

function whatChanged(
	before: SubscribedTarget | undefined,
	after: SubscribedTarget,
): string | undefined {
	if (before === undefined) return 'Registered';
	if (after.state === 'paused') return before.state === 'paused' ? undefined : 'Paused';
	if (after.state === 'left') return undefined;
	if (before.url !== after.url) return 'Moved';
	return { current: undefined, paused: 'Resumed', left: 'Registered again' }[before.state];
}

function title({ name, url }: SubscribedTarget): string {
	return name === '' ? url : `"${name}" at ${url}`;
}

async function find(store: Store, key: string): Promise<SubscribedTarget | undefined> {
	return (await store.targets()).find((target) => target.key === key);
}

async function describe(store: Store, target: SubscribedTarget): Promise<Target> {
	const overview = await store.overview();
	return present(overview.find(({ key }) => key === target.key) ?? { ...target, ...NOTHING });
}

const NOTHING: Pick<TargetOverview, 'counts' | 'oldestPendingAt'> = {
	counts: { waiting: 0, retrying: 0, failed: 0, delivered: 0, discarded: 0 },
	oldestPendingAt: null,
};

function present({
	key,
	url,
	name,
	state,
	counts,
	oldestPendingAt,
}: Omit<TargetOverview, 'oldestAt'>): Target {
	const { waiting, retrying, failed, delivered } = counts;
	return {
		...{ key, url, name: name || url, state, waiting, retrying, failed, delivered },
		oldestWaitingAt: oldestPendingAt === null ? null : new Date(oldestPendingAt).toISOString(),
	};
}
