import type { INodeProperties } from 'n8n-workflow';

const show = { resource: ['recording'], operation: ['upload'] };

/** The panel of Recording → Upload, from top to bottom. */
export const PARAMETERS: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['recording'] } },
		options: [
			{
				name: 'Upload',
				value: 'upload',
				action: 'Upload a recording',
				description: 'Send the recording of a call to KoeIQ to be transcribed and analyzed',
			},
		],
		default: 'upload',
	},
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		displayOptions: { show },
		default: 'data',
		hint: 'The name of the input field that contains the recording',
		description:
			"A WAV, MP3, M4A or OGG file of up to 500 MB. Stereo WAV gives the best result: one speaker in each channel. n8n gives the tools of an AI Agent no files: there, switch to Expression and name the node that has the recording, such as <code>{{ $('Webhook').item.binary.data }}</code>.",
	},
	{
		displayName: 'Call ID',
		name: 'callId',
		type: 'string',
		displayOptions: { show },
		default: '',
		placeholder: 'e.g. CALL-2026-0316-001',
		description:
			'The ID of this call in your telephone system or CRM. It comes back as <code>call_id</code> in every event, so that you know which call a result belongs to. KoeIQ accepts each Call ID only once, and answers 409 to a second recording with it.',
	},
	{
		displayName:
			'With a <b>Call ID</b>, retries are safe. KoeIQ accepts each Call ID only once, so <b>Retry On Fail</b> (in Settings) can’t create the call twice. Also add the option <b>If the Call ID Exists</b> and set it to <b>Continue</b>: KoeIQ may already have the recording when n8n tries again.',
		name: 'callIdNotice',
		type: 'notice',
		displayOptions: { show },
		default: '',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: { show },
		default: {},
		options: [
			{
				displayName: 'Call Date',
				name: 'callDate',
				type: 'dateTime',
				default: '',
				description:
					'When the call took place, in the time zone of this workflow unless the value says otherwise. Without this field, KoeIQ uses the day of the upload. It comes back as <code>call_date</code> in the transcription event, as a date without the time.',
			},
			{
				displayName: 'Customer ID',
				name: 'customerId',
				type: 'string',
				default: '',
				description:
					'The ID of the customer in your CRM, to filter reports in KoeIQ. It comes back in no event: use the Call ID to match results.',
			},
			{
				displayName: 'Department',
				name: 'department',
				type: 'string',
				default: '',
				description:
					'Name or code of the department. It comes back as <code>department</code> in the transcription event.',
			},
			{
				displayName: 'Language',
				name: 'language',
				type: 'options',
				allowArbitraryValues: true,
				options: [
					{ name: 'English (US)', value: 'en-US' },
					{ name: 'Japanese', value: 'ja-JP' },
				],
				default: 'ja-JP',
				description:
					'The language spoken in the recording. Without this field, KoeIQ uses the default of your organization. For another language, switch to Expression and enter its code.',
			},
			{
				displayName: 'Operator ID',
				name: 'operatorId',
				type: 'string',
				default: '',
				description:
					'The ID of the agent in your CRM or HR system. KoeIQ needs it to count the call in the agent’s scorecard. It comes back as <code>operator_id</code> in the transcription and alert events.',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		displayOptions: { show },
		default: {},
		options: [
			{
				displayName: 'If the Call ID Exists',
				name: 'onDuplicate',
				type: 'options',
				options: [
					{
						name: 'Fail',
						value: 'error',
						description: 'The node fails and says which Call ID exists',
					},
					{
						name: 'Continue',
						value: 'continue',
						description: 'The output item has the call_id and "duplicate": true',
					},
				],
				default: 'error',
				description:
					'What to do if KoeIQ already has a call with this Call ID and answers 409. Nothing is overwritten in KoeIQ either way.',
			},
		],
	},
];
