import { problem, type Problem } from './problem';

/**
 * KoeIQ says "500 MB" and not which kind of megabyte. This is the larger one: what lies between the two is for KoeIQ
 * to decide.
 */
const MAXIMUM_BYTES = 500 * 1024 * 1024;

/** The file extensions and MIME types that a format goes by, the usual one first. */
interface Format {
	extensions: [string, ...string[]];
	mimeTypes: [string, ...string[]];
}

/** What KoeIQ accepts. */
const FORMATS: readonly Format[] = [
	{
		extensions: ['wav', 'wave'],
		mimeTypes: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
	},
	{ extensions: ['mp3'], mimeTypes: ['audio/mpeg', 'audio/mp3', 'audio/x-mp3', 'audio/mpeg3'] },
	{ extensions: ['m4a'], mimeTypes: ['audio/mp4', 'audio/x-m4a', 'audio/m4a'] },
	{
		extensions: ['ogg', 'oga', 'opus'],
		mimeTypes: ['audio/ogg', 'application/ogg', 'audio/opus', 'audio/vorbis'],
	},
];

/** What n8n knows of a file before it is read. */
export interface FileDescription {
	name: string | undefined;
	mimeType: string;
	/** In bytes. */
	size: number;
}

export type CheckedFile = { outcome: 'file'; file: { name: string; type: string; size: number } };

/**
 * The name, MIME type and size that a file goes up with; or why KoeIQ would not accept it. It goes by the file's own
 * name and type: what is in the file is for KoeIQ to judge.
 */
export function checkFile({ name, mimeType, size }: FileDescription): CheckedFile | Problem {
	const format = FORMATS.find(byExtension(name)) ?? FORMATS.find(byMimeType(mimeType));
	if (format === undefined) {
		const called = name === undefined ? 'The file' : `The file "${name}"`;
		return problem(
			`${called} is not a WAV, MP3, M4A or OGG recording: neither its name nor its type (${mimeType}) says so.`,
		);
	}
	if (size === 0) return problem('The recording is empty (0 bytes).');
	if (size > MAXIMUM_BYTES) {
		const megabytes = Math.ceil(size / 1024 / 1024);
		return problem(`The recording has ${megabytes} MB, and KoeIQ accepts 500 MB at most.`);
	}
	const [extension] = format.extensions;
	const [usualType] = format.mimeTypes;
	// Such as application/octet-stream, if only the name says what it is.
	const type = FORMATS.some(byMimeType(mimeType)) ? mimeType : usualType;
	return { outcome: 'file', file: { name: name ?? `recording.${extension}`, type, size } };
}

function byExtension(name = '') {
	const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
	return ({ extensions }: Format) => extensions.includes(extension);
}

function byMimeType(mimeType: string) {
	const [type = ''] = mimeType.toLowerCase().split(';');
	return ({ mimeTypes }: Format) => mimeTypes.includes(type.trim());
}
