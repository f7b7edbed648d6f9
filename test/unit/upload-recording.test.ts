import { checkFile } from '../../nodes/KoeIq/upload/recording';

const MEGABYTE = 1024 * 1024;

function problemOf(file: Parameters<typeof checkFile>[0]): string | undefined {
	const checked = checkFile(file);
	return checked.outcome === 'problem' ? checked.message : undefined;
}

test.each([
	['call.wav', 'audio/wav'],
	['CALL.WAV', 'audio/x-wav'],
	['call.mp3', 'audio/mpeg'],
	['call.m4a', 'audio/mp4'],
	['call.ogg', 'audio/ogg'],
	['call.opus', 'audio/opus'],
	['call.wav', 'application/octet-stream'],
	['2026-03-16 09.30', 'audio/ogg; codecs=opus'],
	[undefined, 'audio/wav'],
])('accepts %s of type %s', (name, mimeType) => {
	expect(checkFile({ name, mimeType, size: 1 }).outcome).toBe('file');
});

test.each([
	['call.flac', 'audio/flac', 'The file "call.flac" is not a WAV, MP3, M4A or OGG recording'],
	['wav', 'text/plain', 'The file "wav" is not'],
	['call.wav.zip', 'application/zip', 'neither its name nor its type (application/zip) says so'],
	['call', undefined, 'neither its name nor its type (none) says so'],
	['call.mp4', 'video/mp4', 'The file "call.mp4" is not'],
	[undefined, 'video/webm', 'The file is not'],
])('refuses %s of type %s', (name, mimeType, sentence) => {
	expect(problemOf({ name, mimeType, size: 1 })).toContain(sentence);
});

test.each([
	[0, 'The recording is empty (0 bytes).'],
	[1, undefined],
	[500 * MEGABYTE, undefined],
	[500 * MEGABYTE + 1, 'The recording has 501 MB, and KoeIQ accepts 500 MB at most.'],
])('of %i bytes: %s', (size, problem) => {
	expect(problemOf({ name: 'call.wav', mimeType: 'audio/wav', size })).toBe(problem);
});

test.each([
	['call.wav', 'audio/x-wav', 'call.wav', 'audio/x-wav'],
	['call.wav', 'application/octet-stream', 'call.wav', 'audio/wav'],
	[undefined, 'audio/mpeg', 'recording.mp3', 'audio/mpeg'],
	['call.wav', undefined, 'call.wav', 'audio/wav'],
	['', 'audio/x-wav', 'recording.wav', 'audio/x-wav'],
	['RE123', 'audio/x-wav', 'RE123.wav', 'audio/x-wav'],
	['通話 001.WAV', 'audio/vnd.wave', '通話 001.WAV', 'audio/vnd.wave'],
	['2026-03-16 09.30', 'audio/ogg; codecs=opus', '2026-03-16 09.30.ogg', 'audio/ogg; codecs=opus'],
	['call.m4a', 'video/mp4', 'call.m4a', 'audio/mp4'],
	['RE123', 'video/mp4', 'RE123.m4a', 'audio/mp4'],
])('%j of type %j goes up as %j of type %j', (name, mimeType, sent, type) => {
	const file = { name: sent, type, size: 7 };
	expect(checkFile({ name, mimeType, size: 7 })).toEqual({ outcome: 'file', file });
});
