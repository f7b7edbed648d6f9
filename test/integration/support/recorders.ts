/** A recording as a real recorder or telephone service hands it over, and how it goes up to KoeIQ. */
export interface Recorded {
	name: string | undefined;
	mimeType: string;
	content: Buffer;
	sent: { name: string; type: string };
}

const UNKNOWN_LENGTH = 0xffffffff;

/** Recordings whose header, name or type is not the usual one. */
export const RECORDED: Record<string, Recorded> = {
	'µ-law of 8 kHz in WAV, without an extension': {
		name: 'RE1f3a9c',
		mimeType: 'audio/x-wav',
		content: wav({ format: format(7, 8_000, 1, 8), audio: Buffer.alloc(8_000, 0xff) }),
		sent: { name: 'RE1f3a9c.wav', type: 'audio/x-wav' },
	},
	'GSM 6.10 in WAV': {
		name: 'q-600-20260316-093000.WAV',
		mimeType: 'application/octet-stream',
		// 65 bytes hold 320 samples.
		content: wav({ format: format(0x31, 1_625, 65, 0, 320), audio: Buffer.alloc(65 * 50, 0xd2) }),
		sent: { name: 'q-600-20260316-093000.WAV', type: 'audio/wav' },
	},
	'RF64, for more than 4 GB': {
		name: '通話 001.wav',
		mimeType: 'audio/vnd.wave',
		content: wav({ id: 'RF64', size: UNKNOWN_LENGTH, before: ds64(16_000) }),
		sent: { name: '通話 001.wav', type: 'audio/vnd.wave' },
	},
	'WAV of a length that was not known when it began': {
		name: undefined,
		mimeType: 'audio/wav',
		content: wav({ size: UNKNOWN_LENGTH }),
		sent: { name: 'recording.wav', type: 'audio/wav' },
	},
	'MP3 without ID3 and without a Xing header': {
		name: 'call "A"\r\n.mp3',
		mimeType: 'audio/mpeg',
		// MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame.
		content: Buffer.concat(Array<Buffer>(50).fill(frame(0xfffb9064, 417))),
		sent: { name: 'call %22A%22%0D%0A.mp3', type: 'audio/mpeg' },
	},
	'Opus in Ogg': {
		name: '2026-03-16T09.30',
		mimeType: 'audio/ogg; codecs=opus',
		content: Buffer.concat([
			page(2, 0, opusHead()),
			page(0, 1, Buffer.from('OpusTags')),
			page(4, 2),
		]),
		// The reader of the form leaves out the type's parameter.
		sent: { name: '2026-03-16T09.30.ogg', type: 'audio/ogg' },
	},
	'M4A that n8n takes for a film': {
		name: 'memo.m4a',
		mimeType: 'video/mp4',
		content: Buffer.concat([
			box('ftyp', 'isom\0\0\u0002\0isomiso2mp41'),
			box('mdat', 'aac'.repeat(99)),
		]),
		sent: { name: 'memo.m4a', type: 'audio/mp4' },
	},
};

function wav({
	id = 'RIFF',
	size,
	before = Buffer.of(),
	format: fmt = format(1, 16_000, 2, 16),
	audio = Buffer.alloc(16_000),
}: {
	id?: string;
	/** In place of the right ones. */
	size?: number;
	before?: Buffer;
	format?: Buffer;
	audio?: Buffer;
}): Buffer {
	const chunks = Buffer.concat([before, chunk('fmt ', fmt), chunk('data', audio, size)]);
	return chunk(id, Buffer.concat([Buffer.from('WAVE'), chunks]), size);
}

function chunk(id: string, content: Buffer, size = content.length): Buffer {
	const head = Buffer.alloc(8);
	head.write(id, 'latin1');
	head.writeUInt32LE(size, 4);
	return Buffer.concat([head, content]);
}

/** A WAV file's `fmt ` chunk: mono, 8 kHz. */
function format(
	tag: number,
	bytesPerSecond: number,
	block: number,
	bits: number,
	samples?: number,
) {
	const fmt = Buffer.alloc(samples === undefined ? 18 : 20);
	fmt.writeUInt16LE(tag, 0);
	fmt.writeUInt16LE(1, 2);
	fmt.writeUInt32LE(8_000, 4);
	fmt.writeUInt32LE(bytesPerSecond, 8);
	fmt.writeUInt16LE(block, 12);
	fmt.writeUInt16LE(bits, 14);
	if (samples !== undefined) {
		fmt.writeUInt16LE(2, 16);
		fmt.writeUInt16LE(samples, 18);
	}
	return fmt;
}

/** The sizes that RF64 keeps in 64 bits. */
function ds64(audioBytes: number): Buffer {
	const sizes = Buffer.alloc(28);
	sizes.writeBigUInt64LE(BigInt(audioBytes + 72), 0);
	sizes.writeBigUInt64LE(BigInt(audioBytes), 8);
	return chunk('ds64', sizes);
}

function frame(header: number, length: number): Buffer {
	const bytes = Buffer.alloc(length);
	bytes.writeUInt32BE(header);
	return bytes;
}

function page(flags: number, number: number, content: Buffer = Buffer.alloc(200)): Buffer {
	const head = Buffer.alloc(28);
	head.write('OggS', 'latin1');
	head.writeUInt8(flags, 5);
	head.writeUInt32LE(number, 18);
	head.writeUInt8(1, 26);
	head.writeUInt8(content.length, 27);
	return Buffer.concat([head, content]);
}

function opusHead(): Buffer {
	const head = Buffer.alloc(19);
	head.write('OpusHead\u0001\u0001', 'latin1');
	head.writeUInt32LE(8_000, 12);
	return head;
}

function box(type: string, content: string): Buffer {
	const bytes = Buffer.from(`\0\0\0\0${type}${content}`, 'latin1');
	bytes.writeUInt32BE(bytes.length);
	return bytes;
}
