/** A recording as a file of a form. */
export interface Recording {
	name: string;
	/** Its MIME type. */
	type: string;
	content: Uint8Array;
}

/** A second of silence, as a telephone system writes it. */
export const WAV: Recording = {
	name: '通話 001.wav',
	type: 'audio/wav',
	content: silence(8_000),
};

/** A WAV file of so many samples: 16 bits, mono, 8 kHz. */
function silence(samples: number): Uint8Array {
	const file = Buffer.alloc(44 + 2 * samples);
	file.write('RIFF', 0);
	file.writeUInt32LE(36 + 2 * samples, 4);
	file.write('WAVEfmt ', 8);
	file.writeUInt32LE(16, 16);
	file.writeUInt16LE(1, 20);
	file.writeUInt16LE(1, 22);
	file.writeUInt32LE(8_000, 24);
	file.writeUInt32LE(16_000, 28);
	file.writeUInt16LE(2, 32);
	file.writeUInt16LE(16, 34);
	file.write('data', 36);
	file.writeUInt32LE(2 * samples, 40);
	return file;
}
