import type { Cause } from '../views/causes';

/** What keeps a target from taking its events, and what to do about it. */
export const causes: Record<Cause, { what: string; advice: string }> = {
	secret: {
		what: 'n8n refuses the signature: the secret in n8n’s credential differs from the inbox’s.',
		advice:
			'In n8n, open the trigger’s KoeIQ Webhook API credential and enter the secret from KoeIQ.',
	},
	tooOld: {
		what: 'n8n refuses the event because of its age.',
		advice:
			'Remove Maximum Age from the KoeIQ Trigger: the inbox keeps events for later on purpose.',
	},
	noSecret: {
		what: 'The KoeIQ Trigger has no webhook secret.',
		advice: 'In n8n, select a credential in the trigger, with the secret from KoeIQ.',
	},
	unpublished: {
		what: 'n8n does not know this address: the workflow is not published.',
		advice:
			'Publish it in n8n. If it is published, compare the address with the trigger’s Production URL.',
	},
	starting: {
		what: 'n8n is starting.',
		advice: 'If it takes longer than some minutes, look at n8n’s log.',
	},
	workflow: {
		what: 'The workflow failed.',
		advice: 'In n8n, open the workflow’s Executions: the failed one shows where.',
	},
	error: {
		what: 'n8n answers with an error.',
		advice:
			'Check the trigger’s credential and the workflow: its Executions in n8n show what failed.',
	},
	busy: {
		what: 'n8n, or a proxy in front of it, gets too many requests.',
		advice: 'The inbox sends more slowly by itself.',
	},
	tooLarge: {
		what: 'The event is too large for n8n, or for a proxy in front of it.',
		advice: 'Raise N8N_PAYLOAD_SIZE_MAX of n8n, or the proxy’s limit.',
	},
	proxy: {
		what: 'A proxy in front of n8n cannot reach it.',
		advice: 'Look whether n8n is running.',
	},
	down: {
		what: 'n8n is down: nothing answers at its address.',
		advice: 'Start n8n. If it is running, compare the address with the trigger’s Production URL.',
	},
	noAddress: {
		what: 'The name in n8n’s address is unknown.',
		advice: 'Look whether n8n is running, and whether its name in the address is right.',
	},
	silent: {
		what: 'n8n does not answer.',
		advice: 'Look whether n8n is running, and at its log.',
	},
	late: {
		what: 'The workflow did not answer in time.',
		advice: 'Have the trigger respond Immediately, or raise INBOX_ANSWER_TIMEOUT.',
	},
	broken: {
		what: 'The connection to n8n broke off.',
		advice: 'Look at n8n’s log: it may have been restarted.',
	},
	other: {
		what: 'n8n does not answer like a KoeIQ Trigger.',
		advice: 'Compare the address with the trigger’s Production URL.',
	},
};
