/**
 * KoeIQ says "500 MB" and not which kind of megabyte. This is the larger one: what lies between the two is for KoeIQ
 * to decide.
 */
const MAXIMUM_BYTES = 500 * 1024 * 1024;

/** What KoeIQ accepts, each with the file extensions and the MIME types that it goes by; the usual one first. */
const FORMATS = [
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

/**
 * Why KoeIQ would not accept a file, as a sentence for the person who built the workflow; `undefined` if nothing
 * speaks against it. It goes by name and MIME type: what is in the file is for KoeIQ to judge.
 */
export function findFileProblem({ name, mimeType, size }: FileDescription): string | undefined {
	if (formatOf({ name, mimeType }) === undefined) {
		const called = name === undefined ? 'The file' : `The file "${name}"`;
		return `${called} is not a WAV, MP3, M4A or OGG recording: neither its name nor its type (${mimeType}) says so.`;
	}
	if (size === 0) return 'The recording is empty (0 bytes).';
	if (size > MAXIMUM_BYTES) {
		const megabytes = Math.ceil(size / 1024 / 1024);
		return `The recording has ${megabytes} MB, and KoeIQ accepts 500 MB at most.`;
	}
	return undefined;
}

/** The name and type that a file goes up with: its own as far as KoeIQ can make something of them. */
export function labelOf(file: Omit<FileDescription, 'size'>): { name: string; type: string } {
	const { name, mimeType } = file;
	const [extension, usualType = mimeType] = [
		formatOf(file)?.extensions[0],
		formatOf(file)?.mimeTypes[0],
	];
	return {
		name: name ?? `recording.${extension ?? 'bin'}`,
		type: FORMATS.some(({ mimeTypes }) => mimeTypes.includes(mimeType)) ? mimeType : usualType,
	};
}

function formatOf({ name = '', mimeType }: Omit<FileDescription, 'size'>) {
	const extension = name.split('.').pop()?.toLowerCase() ?? '';
	const [type = ''] = mimeType.toLowerCase().split(';');
	return (
		FORMATS.find(({ extensions }) => name.includes('.') && extensions.includes(extension)) ??
		FORMATS.find(({ mimeTypes }) => mimeTypes.includes(type.trim()))
	);
}
