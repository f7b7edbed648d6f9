import { setTimeout as sleep } from 'node:timers/promises';

import type { Upload } from './ingest';
import { SAMPLES } from './samples';
import { deliver } from './sender';

/** What the stand-in of KoeIQ does with a recording once it has it. */
export interface Processing {
	/** The trigger's URL and the secret to sign with. */
	webhook?: { url: string; secret: string };
	/** How long a recording stays queued; KoeIQ takes one to two times the call's length. */
	milliseconds?: number;
	/** 0 to 100; the sample's where it is left out. */
	scoreOf?: (upload: Upload) => number;
	/** An alert is raised for a score under this. */
	alertUnder?: number;
}

let events = 0;

/**
 * Queued, then done; then the events: a transcription, analytics, and an alert for a low score. They are written
 * alternately as Python's `json.dumps` and as Node's `JSON.stringify` would: which one KoeIQ uses is not documented.
 */
export async function processRecording(
	upload: Upload,
	{ webhook, milliseconds = 50, scoreOf, alertUnder = 60 }: Processing,
): Promise<void> {
	await sleep(milliseconds);
	upload.status = 'done';
	if (webhook === undefined) return;

	const transcription = SAMPLES['transcription.completed'];
	const analytics = SAMPLES['analytics.completed'];
	const alert = SAMPLES['alert.triggered'];
	const { call_id: callId, operator_id: operatorId, department, language } = upload.fields;
	const call = { voicelog_id: upload.voicelog_id, call_id: callId ?? upload.file.name };
	const score = scoreOf?.(upload) ?? analytics.data.quality_score ?? 0;
	const send = async (event: object) => {
		const body = { ...event, timestamp: new Date().toISOString() };
		const write = events++ % 2 === 0 ? toPythonJson : JSON.stringify;
		await deliver(webhook.url, webhook.secret, write(body));
	};

	await send({
		...transcription,
		data: {
			...transcription.data,
			...call,
			language: language ?? 'ja-JP',
			operator_id: operatorId ?? null,
			department: department ?? null,
			// It goes in as a date-time, and comes back as a date.
			call_date: upload.fields.call_date?.slice(0, 10) ?? null,
		},
	});
	await send({ ...analytics, data: { ...analytics.data, ...call, quality_score: score } });
	if (score < alertUnder) {
		const measured = { threshold: alertUnder, actual_value: score };
		const data = { ...alert.data, ...call, ...measured, operator_id: operatorId ?? null };
		await send({ ...alert, data });
	}
}

/** As Python's `json.dumps` writes it: a space after colons and commas, and ASCII only. */
export function toPythonJson(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
	if (typeof value === 'object' && value !== null) {
		const pairs = Object.entries(value).map(([key, one]) => `${ascii(key)}: ${toPythonJson(one)}`);
		return `{${pairs.join(', ')}}`;
	}
	return typeof value === 'string' ? ascii(value) : JSON.stringify(value);
}

function ascii(text: string): string {
	return JSON.stringify(text).replace(
		/[\u007f-\uffff]/g,
		(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}
