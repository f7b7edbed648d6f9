import { StandIn, type Answer, type Received } from '../../../harness/stand-in';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Stands for n8n with a KoeIQ Trigger: says that it is ready, and takes each event, unless it is told otherwise. */
export interface Trigger extends AsyncDisposable {
	/** Of the trigger. */
	url: string;
	server: StandIn;
	isReady: boolean;
	/** What it answers an event; 200 unless it says otherwise. */
	answer: Answer;
	/** The `voicelog_id` of each event that it answered 200, in order of arrival. */
	taken: () => string[];
}

export async function startTrigger(): Promise<Trigger> {
	const taken: string[] = [];
	const server = await StandIn.start(async (request) => {
		if (request.method === 'GET') {
			const { isReady } = trigger;
			const body = JSON.stringify({ ready: isReady });
			return { status: isReady ? 200 : 503, headers: JSON_TYPE, body };
		}
		const reply = await trigger.answer(request);
		if (reply !== 'hang up' && (reply.status ?? 200) === 200) taken.push(idOf(request));
		return reply;
	});
	const trigger: Trigger = {
		url: `${server.url}/webhook/stand-in/koeiq`,
		...{ server, isReady: true },
		answer: () => ({ body: '{"received":true}' }),
		taken: () => taken,
		[Symbol.asyncDispose]: async () => {
			await server.stop();
		},
	};
	return trigger;
}

/** The `voicelog_id` of an event. */
export function idOf({ body }: Pick<Received, 'body'>): string {
	const { data } = JSON.parse(body.toString()) as { data?: { voicelog_id?: string } };
	return data?.voicelog_id ?? '';
}
