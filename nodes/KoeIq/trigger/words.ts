import type { EventName, Kind } from '../core/events';

/** What each kind of item means to somebody who runs a call centre. */
export const MEANINGS: Record<Kind, string> = {
	'transcription.completed': 'A call has been transcribed',
	'analytics.completed': 'The quality score, emotion and intent of a call are ready',
	'alert.triggered': 'A call has met the condition of one of your alert rules',
	other: 'Anything else that KoeIQ has signed, such as the Test Ping',
};

/** What starts a workflow, as the canvas says it below the node. */
export const PLURALS: Record<Kind, string> = {
	'transcription.completed': 'transcriptions',
	'analytics.completed': 'analytics',
	'alert.triggered': 'alerts',
	other: 'anything else',
};

/** The label of an output, such as "Transcription". The canvas cuts it after 13 characters. */
export function labelOf(kind: Kind): string {
	return capitalize(kind.split('.')[0] ?? kind);
}

/** The name of an option, such as "Transcription Completed". */
export function titleOf(kind: Kind): string {
	return kind === 'other' ? 'Anything Else' : kind.split('.').map(capitalize).join(' ');
}

/** The name of a condition's field, such as "Analytics: Quality Score". */
export function titleOfField(event: EventName, field: string): string {
	const words = field.split('_').map((word) => (word === 'id' ? 'ID' : capitalize(word)));
	return `${labelOf(event)}: ${words.join(' ')}`;
}

function capitalize(word: string): string {
	return word.charAt(0).toUpperCase() + word.slice(1);
}
