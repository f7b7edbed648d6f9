import type { IncomingMessage } from 'node:http';

import type { Refusal } from '../../nodes/KoeIq/core/refusals';
import { DOOR_REFUSALS } from './refusals';

/** Bytes, and milliseconds. */
export interface BodyLimits {
	/** The longest body. */
	body: number;
	/** All bodies together, from their first byte until their request is answered. */
	total: number;
	/** If nothing comes of a body for so long, another may have its place. */
	idle: number;
	/** In which a body has to be whole. */
	whole: number;
}

export const BODY_LIMITS: BodyLimits = {
	// As n8n's own.
	body: 16 * 1024 * 1024,
	total: 64 * 1024 * 1024,
	idle: 5_000,
	whole: 60_000,
};

/** A body that is whole: it has its share of the memory until it is released. */
export interface Body {
	outcome: 'whole';
	bytes: Buffer;
	release: () => void;
}

/** Reads the bodies of requests within memory that they share, whoever sends them. */
export class Bodies {
	/** Bytes: a length that is declared counts at once, chunks as they come. */
	private held = 0;
	private readonly arriving = new Set<Arrival>();

	constructor(private readonly limits: BodyLimits = BODY_LIMITS) {}

	/** Resolves once the body is whole, or never will be. Never rejects. */
	async read(request: IncomingMessage): Promise<Body | Refusal> {
		const declared = declaredLength(request);
		if (declared !== undefined && declared > this.limits.body) return DOOR_REFUSALS.tooLarge;
		if (!this.hold(declared ?? 0)) return DOOR_REFUSALS.tooMany;
		return await new Promise((resolve) => {
			this.receive(request, new Arrival(declared), resolve);
		});
	}

	private receive(
		request: IncomingMessage,
		arrival: Arrival,
		resolve: (result: Body | Refusal) => void,
	): void {
		const { declared } = arrival;
		const release = () => {
			this.held -= declared ?? arrival.received;
		};
		const end = (refusal?: Refusal) => {
			if (!this.arriving.delete(arrival)) return;
			clearTimeout(timer);
			if (refusal === undefined) {
				resolve({ outcome: 'whole', bytes: arrival.toBytes(), release });
			} else {
				release();
				resolve(refusal);
			}
		};
		const giveUp = () => {
			end(DOOR_REFUSALS.timedOut);
		};
		const timer = setTimeout(giveUp, this.limits.whole);
		arrival.giveUp = giveUp;
		this.arriving.add(arrival);

		request.on('data', (chunk: Buffer) => {
			// What still comes of a body that was refused is dropped.
			if (!this.arriving.has(arrival)) return;
			const length = arrival.received + chunk.length;
			if (length > (declared ?? this.limits.body)) end(DOOR_REFUSALS.tooLarge);
			else if (declared === undefined && !this.hold(chunk.length)) end(DOOR_REFUSALS.tooMany);
			else arrival.add(chunk);
		});
		request.on('end', () => {
			const isWhole = declared === undefined || arrival.received === declared;
			end(isWhole ? undefined : DOOR_REFUSALS.unreadable);
		});
		const breakOff = () => {
			end(DOOR_REFUSALS.unreadable);
		};
		request.on('error', breakOff).on('close', breakOff);
	}

	/** Takes a share of the memory, if need be from bodies of which too little comes. */
	private hold(bytes: number): boolean {
		if (this.held + bytes > this.limits.total) this.makeRoom(bytes);
		if (this.held + bytes > this.limits.total) return false;
		this.held += bytes;
		return true;
	}

	private makeRoom(bytes: number): void {
		const now = performance.now();
		const stalled = [...this.arriving].filter((arrival) => arrival.isStalled(now, this.limits));
		for (const arrival of stalled.sort((one, other) => one.lastAt - other.lastAt)) {
			if (this.held + bytes <= this.limits.total) return;
			arrival.giveUp();
		}
	}
}

/** What has come of a body. */
class Arrival {
	received = 0;
	lastAt = performance.now();
	giveUp: () => void = () => {};
	private readonly startedAt = this.lastAt;
	private readonly chunks: Buffer[] = [];
	private whole: Buffer | undefined;

	/** @param declared its length; undefined if it comes in chunks */
	constructor(readonly declared: number | undefined) {}

	add(chunk: Buffer): void {
		this.lastAt = performance.now();
		if (this.declared === undefined || chunk.length === this.declared) {
			this.chunks.push(chunk);
		} else {
			// Copied at once: parts and whole together would take twice the memory.
			this.whole ??= Buffer.allocUnsafeSlow(this.declared);
			chunk.copy(this.whole, this.received);
		}
		this.received += chunk.length;
	}

	toBytes(): Buffer {
		const [first = EMPTY] = this.chunks;
		return this.whole ?? (this.chunks.length > 1 ? Buffer.concat(this.chunks) : first);
	}

	/** Whether nothing came for a while, or too little for the body to be whole in time. */
	isStalled(now: number, { idle, whole }: BodyLimits): boolean {
		if (now - this.lastAt >= idle) return true;
		const expected = (now - this.startedAt - idle) / whole;
		return this.declared !== undefined && this.received < this.declared * expected;
	}
}

const EMPTY = Buffer.alloc(0);

/** Undefined if the body comes in chunks. */
function declaredLength({ headers }: IncomingMessage): number | undefined {
	return headers['transfer-encoding'] === undefined
		? Number(headers['content-length'] ?? 0)
		: undefined;
}
