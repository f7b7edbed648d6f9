import type { INodeTypeDescription } from 'n8n-workflow';

/**
 * What the editor says while it listens, after publishing, and in the trigger's empty input. n8n takes no expressions here,
 * so each text is for both: with the inbox, and without.
 */
export const PANEL: Pick<
	INodeTypeDescription,
	'activationMessage' | 'eventTriggerDescription' | 'triggerPanel'
> = {
	eventTriggerDescription:
		'With the inbox: its latest stored event comes at once, if it has one that this trigger selects. To wait for the next one instead, set When Testing. Without the inbox: send an event to the Test URL now, in KoeIQ with Send Test Ping',
	activationMessage:
		'Events now start this workflow. Without the inbox, its Production URL must be the one in KoeIQ (Admin → Settings → Webhook Settings).',
	triggerPanel: {
		header: 'Receive an event from KoeIQ',
		executionsHelp: {
			inactive:
				'<b>While you build, with the inbox:</b> click the button. The latest stored event appears here at once. To wait for the next one instead, set <b>When Testing</b>.<br /><br /><b>Without the inbox:</b> copy the Test URL and paste it into KoeIQ (Admin → Settings → Webhook Settings). Then click the button, and press Send Test Ping in KoeIQ. The ping appears here.<br /><br /><b>When it works:</b> publish the workflow. Without the inbox, replace the Test URL in KoeIQ with the Production URL too. From then on events start the workflow, and you find each run under Executions.',
			active:
				'<b>This workflow is published:</b> events start it, and you find each run under Executions.<br /><br /><b>After a change:</b> publish again, or the old version goes on running.<br /><br /><b>To try a change first, with the inbox:</b> click the button. The latest stored event appears here at once, or the next one if <b>When Testing</b> says so. The published version gets its events all the same.<br /><br /><b>Without the inbox:</b> copy the Test URL and paste it into KoeIQ, click the button, and send a Test Ping. KoeIQ holds one URL, so paste the Production URL back afterwards.',
		},
		// Shown whoever calls the trigger, so nothing about URLs.
		activationHint:
			'Once the workflow is published, events start it by themselves. You find those runs under Executions, not here.',
	},
};
