import { Type, type Static, type TSchema } from '@sinclair/typebox';

import { STATES } from '../store/store';

/* What the API accepts and answers; the OpenAPI document is made from it. */

/** PostgreSQL's texts have no NUL. */
const NO_NUL = '^[^\\u0000]*$';

const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const OneOf = <Word extends string>(words: readonly Word[], description: string) =>
	Type.Unsafe<Word>({ type: 'string', enum: words, description });
const Time = (description: string) => Type.String({ format: 'date-time', description });
const Text = (maxLength: number, description: string) =>
	Type.String({ minLength: 1, maxLength, pattern: NO_NUL, description });

export const ErrorAnswer = Type.Object({ error: Type.String() }, { description: 'A sentence' });

export const KeyParams = Type.Object({
	key: Text(200, 'URL-encoded. The webhook id of a KoeIQ Trigger'),
});

export const IdParams = Type.Object({
	id: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'delivery.id: SHA-256 of the body' }),
});

export const About = Type.Object(
	{ name: Type.Literal('koeiq-inbox'), version: Type.String() },
	{ description: 'What answers is an inbox, and the key is right' },
);

export const Target = Type.Object(
	{
		key: Type.String(),
		url: Type.String(),
		name: Type.String({ description: 'Of the workflow; the URL if none has registered' }),
		state: OneOf(
			['current', 'paused', 'left'],
			'paused: gets nothing, and new events are kept for it. left: new events are not kept for it',
		),
		waiting: Type.Integer(),
		retrying: Type.Integer(),
		failed: Type.Integer(),
		delivered: Type.Integer(),
		oldestWaitingAt: Nullable(Time('When the oldest event that it has yet to get was received')),
	},
	{ description: 'A target, and how many events are in which state there' },
);
export type Target = Static<typeof Target>;

export const Targets = Type.Object(
	{ targets: Type.Array(Target) },
	{
		description:
			'In the order in which they came. One that has left is listed while it has undelivered events',
	},
);

const strict = { additionalProperties: false };

const MustAnswer = Type.Optional(
	Type.Boolean({
		default: false,
		description:
			'true: 409 if the host of `url` does not exist or refuses connections; for a caller that is at `url` itself',
	}),
);

export const Registration = Type.Object(
	{
		url: Text(2_000, 'The Production URL of a KoeIQ Trigger, as the inbox reaches it'),
		name: Type.String({ maxLength: 500, pattern: NO_NUL, description: 'Of the workflow' }),
		mustAnswer: MustAnswer,
	},
	strict,
);

export const Pause = Type.Object(
	{ forget: Type.Optional(OneOf(['true', 'false'], 'Discards what waits for it, and forgets it')) },
	strict,
);

export const Forgotten = Type.Object(
	{
		discarded: Type.Integer({ description: 'Events that it had yet to get' }),
	},
	{ description: 'It is forgotten' },
);

export const PausedOrForgotten = Type.Union([Target, Forgotten], {
	description: 'The target, or with forget how much was discarded',
});

export const Listening = Type.Object(
	{
		url: Text(2_000, 'The Test URL of a KoeIQ Trigger, as the inbox reaches it'),
		replay: Type.Optional(
			Type.Unsafe<'latest' | 'none'>({
				...{ type: 'string', enum: ['latest', 'none'], default: 'none' },
				description: 'latest: the latest stored event that the URL takes is sent at once',
			}),
		),
		seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600, default: 120 })),
		mustAnswer: MustAnswer,
	},
	strict,
);

export const Replayed = Type.Object(
	{
		replayed: Nullable(Type.String({ description: 'The id of the stored event that was taken' })),
	},
	{ description: 'It listens, unless a stored event was taken' },
);

export const Ended = Type.Object(
	{ ended: Type.Boolean({ description: 'Whether it listened' }) },
	{ description: 'It does not listen any more' },
);

const State = OneOf(STATES, 'Of the event at a target');
const Range = {
	after: Type.Optional(Time('Received at this time or later')),
	before: Type.Optional(Time('Received before this time')),
	event: Type.Optional(Text(200, 'Its name, such as analytics.completed')),
	state: Type.Optional(State),
};

export const EventQuery = Type.Object(
	{
		...Range,
		call_id: Type.Optional(Text(200, 'Its call_id')),
		voicelog_id: Type.Optional(Text(200, 'Its voicelog_id')),
		target: Type.Optional(Text(200, 'The key of a target; with state, it is this one that counts')),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 50 })),
		cursor: Type.Optional(
			Type.String({ pattern: '^\\d{1,15}$', description: 'From the page before' }),
		),
	},
	strict,
);
export type EventQuery = Static<typeof EventQuery>;

const EventTarget = Type.Object({
	key: Type.String(),
	name: Type.String(),
	state: State,
	attempts: Type.Integer({
		description: 'How often the target refused or accepted it; deferrals do not count',
	}),
	lastAnswer: Nullable(Type.String({ description: 'In words' })),
	ignored: Type.Optional(
		Type.Boolean({ description: 'true: delivered, and not selected by the workflow' }),
	),
});

const summary = {
	id: Type.String({ description: 'delivery.id: SHA-256 of the body' }),
	receivedAt: Time('ISO 8601, in UTC'),
	event: Nullable(Type.String()),
	callId: Nullable(Type.String()),
	voicelogId: Nullable(Type.String()),
	targets: Type.Array(EventTarget),
};

export const Event = Type.Object(
	{
		...summary,
		body: Type.String({ description: 'The signed body, as KoeIQ sent it: JSON' }),
	},
	{ description: 'An event' },
);
export type Event = Static<typeof Event>;

export const Events = Type.Object(
	{
		events: Type.Array(Type.Object(summary)),
		cursor: Nullable(
			Type.String({ description: 'For the next page; null if this is the last one' }),
		),
	},
	{ description: 'A page of events' },
);

export const Send = Type.Object(
	{
		id: Type.Optional(IdParams.properties.id),
		...Range,
		target: Type.Optional(Text(200, 'A key; all current targets if it is left out')),
	},
	{
		...strict,
		description:
			'One event by its id, or all to which the others apply. With state: only to targets where they are in it',
	},
);

export const Sent = Type.Object(
	{
		events: Type.Integer({ description: 'How many are sent again, from now on' }),
	},
	{ description: 'They are noted: a crash loses none of it' },
);
