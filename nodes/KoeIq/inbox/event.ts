import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
} from 'n8n-workflow';

import { readFields, type FieldTable } from '../core/fields';
import { callInbox, readConnection } from './call';
import { findConnectionProblem } from './connection';
import { readEvents, type Ask } from './read-events';
import { getEvent, sendAgain } from './requests';
import { toItem } from './stored-event';

const FIELDS: FieldTable = {
	deliveryId: ['Delivery ID', 'id', 'text'],
	event: ['Event', 'event', 'text'],
	callId: ['Call ID', 'call_id', 'text'],
	voicelogId: ['Voicelog ID', 'voicelog_id', 'text'],
	state: ['State', 'state', 'text'],
	receivedAfter: ['Received After', 'after', 'date'],
	receivedBefore: ['Received Before', 'before', 'date'],
	target: ['Target Key', 'target', 'text'],
};

/**
 * The KoeIQ node's resource Event, for one item: reads what the inbox has stored, or has it sent again.
 *
 * @throws {NodeOperationError} if nothing was asked, {NodeApiError} if the inbox has refused or does not answer
 */
export async function runEvent(
	context: IExecuteFunctions,
	itemIndex: number,
): Promise<IDataObject[]> {
	const refuse = (problem: string) =>
		new NodeOperationError(context.getNode(), problem, { itemIndex });
	const connection = await readConnection(context, itemIndex);
	const connectionProblem = findConnectionProblem(connection);
	if (connectionProblem !== undefined) throw refuse(connectionProblem);

	const ask: Ask = async (call) => {
		const outcome = await callInbox(context, connection, call);
		if (outcome.outcome !== 'failed') return outcome;
		const { message, description, status } = outcome;
		const httpCode = status?.toString();
		const options = { message, description, itemIndex, httpCode };
		throw new NodeApiError(context.getNode(), { message }, options);
	};
	const parameter = (name: string, fallback?: unknown): unknown =>
		context.getNodeParameter(name, itemIndex, fallback);
	const toFields = (values: object): Record<string, string> => {
		const read = readFields(FIELDS, { ...values }, context.getTimezone());
		if (read.outcome === 'problem') throw refuse(read.message);
		return read.fields;
	};
	const collection = (name: string): object => {
		const value = parameter(name, {});
		return typeof value === 'object' && value !== null ? value : {};
	};
	const oneId = (): { id: string } => {
		const { id } = toFields({ deliveryId: parameter('deliveryId', '') });
		if (id === undefined) throw refuse('Delivery ID is empty.');
		return { id };
	};
	const timeRange = (): Record<string, string> => {
		const { after, before, ...filters } = toFields({
			...collection('filters'),
			receivedAfter: parameter('receivedAfter', ''),
			receivedBefore: parameter('receivedBefore', ''),
		});
		if (after === undefined || before === undefined) {
			throw refuse(
				'Set both Received After and Received Before. They say which events to send again.',
			);
		}
		return { after, before, ...filters };
	};

	switch (parameter('operation')) {
		case 'get': {
			const { id } = oneId();
			const outcome = await ask(getEvent(id));
			if (outcome.outcome === 'missing') {
				throw refuse(`The inbox has no event with the Delivery ID ${id}.`);
			}
			return [toItem(outcome.body)];
		}
		case 'sendAgain': {
			const what = parameter('sendWhat', 'one') === 'range' ? timeRange() : oneId();
			const outcome = await ask(sendAgain({ ...what, ...toFields(collection('options')) }));
			if (outcome.outcome === 'missing')
				throw refuse(`The inbox rejects this: ${outcome.message}.`);
			return [{ events: Number(outcome.body.events) }];
		}
		default: {
			const isAll = parameter('returnAll', false) === true;
			const limit = isAll ? Infinity : Number(parameter('limit', 50));
			return await readEvents(ask, toFields(collection('filters')), limit);
		}
	}
}
