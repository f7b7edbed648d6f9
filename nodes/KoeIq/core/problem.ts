/** Why an item cannot be sent, as a sentence for the person who built the workflow. Nothing has been sent. */
export interface Problem {
	outcome: 'problem';
	message: string;
}

export function problem(message: string): Problem {
	return { outcome: 'problem', message };
}
