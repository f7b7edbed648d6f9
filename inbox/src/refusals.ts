import { byCode, refusal, REFUSALS } from '../../nodes/KoeIq/core/refusals';

/** What the door can refuse: the trigger's refusals, as far as they can come here, and those that only the door has. */
export const DOOR_REFUSALS = byCode({
	missingSignature: REFUSALS.missingSignature,
	repeatedSignature: REFUSALS.repeatedSignature,
	malformedSignature: REFUSALS.malformedSignature,
	multipart: REFUSALS.multipart,
	tooLarge: REFUSALS.tooLarge,
	unreadable: REFUSALS.unreadable,
	wrongSignature: REFUSALS.wrongSignature,
	notAnObject: REFUSALS.notAnObject,
	compressed: refusal(
		'compressed',
		415,
		'Unsupported content type',
		'its body is compressed, so its bytes are not those that were signed',
	),
	tooMany: refusal(
		'tooMany',
		503,
		'Too many requests at once',
		'the bodies of other requests use all the memory for them',
	),
	timedOut: refusal('timedOut', 408, 'Request timed out', 'it took too long to arrive'),
	malformed: refusal('malformed', 400, 'Bad request', 'it is not HTTP'),
	notStored: refusal('notStored', 503, 'Could not store the event', 'it could not be stored'),
	internal: refusal('internal', 500, 'Internal error', 'the inbox failed'),
});

/** Every `reason` of the metric koeiq_inbox_refused_total. */
export const REFUSAL_REASONS: readonly string[] = Object.keys(DOOR_REFUSALS);
