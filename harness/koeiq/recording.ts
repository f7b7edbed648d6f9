/** A recording as a file of a form. */
export interface Recording {
	name: string;
	/** Its MIME type. */
	type: string;
	content: Uint8Array;
}

/** Neither the node nor the stand-in of KoeIQ looks at what is in it. */
export const WAV: Recording = {
	name: '通話 001.wav',
	type: 'audio/wav',
	content: Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(16_000, 'silence')]),
};
